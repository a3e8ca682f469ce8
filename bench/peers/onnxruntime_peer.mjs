// The peer of bench/engine_speed.cpp: ONNX Runtime, asked in the same way (lines "BATCH RUNS"). bench/engine.py calls it.
//
//   node onnxruntime_peer.mjs FOLDER_OF_NODE_MODULES MODEL.onnx THREADS PICTURES.f32 IMAGES CHANNELS HEIGHT WIDTH
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const WARMING_RUNS = 2;
const [packages, model, threads, input, ...lengths] = process.argv.slice(2);
const { InferenceSession, Tensor } = createRequire(`${packages}/`)("onnxruntime-node");
const [, ...picture] = lengths.map(Number);
const session = await InferenceSession.create(model, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
});
const bytes = readFileSync(input);
const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const feeds = new Map(); // by batch; who is in here is warm

async function run(batch) {
  return (await session.run(feeds.get(batch)))[session.outputNames[0]];
}

for await (const line of createInterface({ input: process.stdin })) {
  const [batch, runs] = line.split(" ").map(Number);
  if (!feeds.has(batch)) {
    const shape = [batch, ...picture];
    const numbers = values.slice(0, shape.reduce((product, length) => product * length));
    feeds.set(batch, { [session.inputNames[0]]: new Tensor("float32", numbers, shape) });
    for (let index = 0; index < WARMING_RUNS; ++index) await run(batch);
  }
  const milliseconds = [];
  let output;
  for (let index = 0; index < runs; ++index) {
    const begin = performance.now();
    output = await run(batch);
    milliseconds.push(performance.now() - begin);
  }
  const classes = output.dims[1];
  console.log(JSON.stringify({ milliseconds, logits: Array.from(output.data.slice(0, classes)) }));
}
