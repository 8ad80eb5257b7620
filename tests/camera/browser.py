"""What a page in headless Chromium sees of a virtual camera, as in a video call."""

from __future__ import annotations

import http.server
import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PAGE = """<!doctype html><video id=v muted playsinline></video><script>
const sleep = ms => new Promise(r => setTimeout(r, ms));
const post = o => fetch('/report', {method: 'POST', body: JSON.stringify(o)});
const began = performance.now();
(async () => {
  let camera;
  for (;;) {  // as a call does that was opened before the camera was there
    const found = (await navigator.mediaDevices.enumerateDevices()).filter(d => d.kind == 'videoinput');
    camera = found.find(d => d.label.includes('NAME'));
    if (camera) break;
    await post({waiting: found.map(d => d.label)});
    await sleep(500);
  }
  const stream = await navigator.mediaDevices.getUserMedia({video: {deviceId: {exact: camera.deviceId}}});
  v.srcObject = stream;
  await v.play();
  const c = document.createElement('canvas');
  const g = c.getContext('2d', {willReadFrequently: true});
  let frames = 0;
  const next = () => new Promise(r => v.requestVideoFrameCallback(() => { frames++; r(); }));
  for (;;) {
    await next();
    if (frames % 5) continue;
    c.width = v.videoWidth; c.height = v.videoHeight;
    g.drawImage(v, 0, 0);
    const at = (x, y) => [...g.getImageData(c.width * x, c.height * y, 1, 1).data].slice(0, 3);
    await post({ms: performance.now() - began, frames, size: [c.width, c.height], label: camera.label,
                top: at(0.3, 0.03), middle: at(0.5, 0.6), settings: stream.getVideoTracks()[0].getSettings()});
  }
})().catch(e => post({error: String(e)}));
</script>"""


@contextmanager
def page(camera: str) -> Iterator[list[dict[str, Any]]]:
    """Open the page; the list grows by what it reports of the camera whose label contains `camera`."""
    reports: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.replace("NAME", camera).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            reports.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = (
        "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync "
        "--disable-component-update --disable-extensions --use-fake-ui-for-media-stream "
        "--autoplay-policy=no-user-gesture-required"
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        address = f"http://localhost:{server.server_port}/"
        command = ["chromium", *options.split(), f"--user-data-dir={profile}", address]
        chromium = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield reports
        finally:
            chromium.kill()
            chromium.wait()
            server.shutdown()
