"""The live path: what a camera, a virtual camera and a user who changes his mind ask for beyond `streammatte.run`.

Each part is one of the pipeline's seams, so that `run` itself knows nothing of them.
"""
