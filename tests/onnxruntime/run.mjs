// Runs ONNX networks by ONNX Runtime.
//
//   node run.mjs JOBS.json
//
// JOBS.json is a list of {model, input, shape, output}: `input` is raw float32 of this shape, the network's first output
// is written to `output` as raw float32.
import { readFileSync, writeFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";

for (const job of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  const session = await InferenceSession.create(job.model, { intraOpNumThreads: 2, logSeverityLevel: 3 });
  const bytes = readFileSync(job.input);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const results = await session.run({ [session.inputNames[0]]: new Tensor("float32", values, job.shape) });
  const logits = results[session.outputNames[0]].data;
  writeFileSync(job.output, Buffer.from(logits.buffer, logits.byteOffset, logits.byteLength));
  await session.release();
}
