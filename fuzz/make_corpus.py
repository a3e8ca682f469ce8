#!/usr/bin/env python3
"""Makes the seeds of the fuzz corpus: tiny networks in which every operator that is read occurs.

    make_corpus.py [--out fuzz/corpus/onnx_import]

The same seeds each time; each is smaller than 4 KB. Needs python3-onnx and python3-numpy.
"""
import argparse
from pathlib import Path

import numpy
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
LIMIT = 4096


class Network:
    """[batch, 3, 8, 8] -> nodes -> [batch, 2]; numbers are drawn, the same each time."""

    def __init__(self, opset=17, size=(3, 8, 8), metadata=None):
        self.random = numpy.random.default_rng(1)
        self.opset, self.size, self.metadata = opset, size, metadata or {}
        self.nodes, self.tensors = [], []

    def floats(self, name, *shape, values=None):
        array = self.random.standard_normal(shape) / 2 if values is None else numpy.array(values)
        self.tensors.append(numpy_helper.from_array(array.astype(numpy.float32), name))
        return name

    def integers(self, name, values):
        self.tensors.append(numpy_helper.from_array(numpy.array(values, numpy.int64), name))
        return name

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], f"{op}-{len(self.nodes)}", **attributes))
        return output

    def conv(self, x, output, channels_in, channels_out, kernel=1, bias=True, groups=1, **attributes):
        inputs = [x, self.floats(f"{output}.w", channels_out, channels_in // groups, kernel, kernel)]
        if bias:
            inputs.append(self.floats(f"{output}.b", channels_out))
        return self.node("Conv", inputs, output, group=groups, **attributes)

    def end(self, x, channels):
        self.node("GlobalAveragePool", [x], "pooled")
        self.node("Flatten", ["pooled"], "flat")
        self.node("Gemm", ["flat", self.floats("fc.w", 2, channels), self.floats("fc.b", 2)], "logits", transB=1)
        return self.bytes()

    def bytes(self):
        image = helper.make_tensor_value_info("input", FLOAT, ["batch", *self.size])
        logits = helper.make_tensor_value_info("logits", FLOAT, ["batch", 2])
        graph = helper.make_graph(self.nodes, "seed", [image], [logits], self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 8
        for key, value in self.metadata.items():
            entry = model.metadata_props.add()
            entry.key, entry.value = key, value
        return model.SerializeToString()


def residual():
    net = Network(metadata={"niwaki.channels": "3", "niwaki.height": "8", "niwaki.width": "8", "niwaki.mean": "0,0,0",
                            "niwaki.deviation": "1,1,1", "niwaki.classes": '["a", "b"]', "author": "nobody"})
    x = net.conv("input", "c1", 3, 4, 3, bias=False, pads=[1, 1, 1, 1], strides=[2, 2])
    norm = [net.floats(f"n.{part}", 4) for part in ("scale", "shift", "mean")] + [net.floats("n.var", values=[1, 2, 3, 4])]
    x = net.node("Relu", [net.node("BatchNormalization", [x, *norm], "n", epsilon=1e-3)], "r1")
    x = net.node("Add", [net.conv(x, "c2", 4, 4, 3, pads=[0, 1, 2, 1], dilations=[1, 1], groups=2), x], "s")
    return net.end(net.node("MaxPool", [x], "m", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1), 4)


def activations():
    net = Network(opset=14)
    low, high = net.floats("low", values=-1.0), net.floats("high", values=6.0)
    x = net.node("Clip", [net.conv("input", "c", 3, 4), low, high], "clip")
    x = net.node("HardSwish", [x], "hw")
    x = net.node("Mul", [x, net.node("Sigmoid", [x], "sig")], "swish")
    x = net.node("Mul", [x, net.node("HardSigmoid", [x], "hs", alpha=1 / 6, beta=0.5)], "hw2")
    return net.end(net.node("HardSigmoid", [x], "hs2"), 4)


def pools():
    net = Network()
    x = net.node("Pad", ["input", net.integers("pads", [0, 0, 1, 0, 0, 0, 2, 1]), net.floats("v", values=0.5)], "p")
    a = net.node("AveragePool", [x], "a", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    m = net.node("MaxPool", [x], "m", kernel_shape=[3, 3], auto_pad="SAME_UPPER")
    return net.end(net.node("Concat", [a, m], "j", axis=1), 6)


def same_padded():
    net = Network(opset=11)
    x = net.conv("input", "c", 3, 4, 3, auto_pad="SAME_LOWER", strides=[2, 2])
    x = net.node("Pad", [x, net.integers("pads", [0, 0, 1, 1, 0, 0, 1, 1])], "p")
    return net.end(net.conv(x, "c2", 4, 4, 3), 4)


def constants():
    net = Network()
    x = net.conv("input", "c", 3, 4)
    x = net.node("Mul", [x, net.floats("scale", 1, 4, 1, 1)], "m")
    x = net.node("Sub", [net.node("Add", [net.floats("shift", 4, 1, 1), x], "a"), net.floats("less", values=0.1)], "s")
    x = net.node("Div", [net.node("Relu", [x], "r"), net.floats("by", values=2.0)], "d")
    return net.end(net.conv(x, "c2", 4, 4, bias=False), 4)


def hard_swish_by_hand():
    net = Network(opset=11)
    x = net.conv("input", "c", 3, 4)
    zero, six, three = (net.floats(name, values=value) for name, value in (("zero", 0.0), ("six", 6.0), ("three", 3.0)))
    y = net.node("Relu", [net.node("Add", [x, three], "a")], "r")
    y = net.node("Mul", [x, net.node("Clip", [y, zero, six], "k")], "m")
    return net.end(net.node("Div", [y, six], "d"), 4)


def excitation():
    net = Network(opset=13)
    x = net.conv("input", "c", 3, 4)
    y = net.node("Flatten", [net.node("GlobalAveragePool", [x], "g")], "f")
    y = net.node("Relu", [net.node("MatMul", [y, net.floats("down", 4, 2)], "d")], "r")
    y = net.node("Sigmoid", [net.node("Gemm", [y, net.floats("up", 2, 4)], "u")], "sg")
    y = net.node("Reshape", [y, net.integers("pixel", [0, 4, 1, 1])], "gate")
    y = net.node("Expand", [y, net.node("Shape", [x], "shape")], "wide")
    return net.end(net.node("Mul", [y, x], "x"), 4)


def computed_shape():
    net = Network(opset=13)
    net.node("GlobalAveragePool", [net.conv("input", "c", 3, 4)], "g")
    net.node("Gather", [net.node("Shape", ["g"], "s"), net.integers("zero", 0)], "b")
    net.node("Concat", [net.node("Unsqueeze", ["b", net.integers("axis", [0])], "u"), net.integers("rest", [-1])], "t",
             axis=0)
    net.node("Reshape", ["g", "t"], "flat")
    net.node("MatMul", ["flat", net.floats("fc", 4, 2)], "product")
    net.node("Add", ["product", net.floats("bias", 2)], "logits")
    return net.bytes()


def computed_pads():
    net = Network(opset=11)
    one = net.integers("one", [1])
    zeros = net.node("ConstantOfShape", [net.integers("four", [4])], "z",
                     value=helper.make_tensor("value", INT64, [1], [0]))
    pads = net.node("Concat", [net.integers("given", [0, 1, 2, 0]), zeros], "all", axis=0)
    pads = net.node("Reshape", [pads, net.integers("pairs", [-1, 2])], "r")
    pads = net.node("Slice", [pads, net.integers("from", [-1]), net.integers("to", [-2**63]), net.integers("of", [0]),
                              net.integers("by", [-1])], "turned")
    pads = net.node("Reshape", [net.node("Transpose", [pads], "t", perm=[1, 0]), net.integers("list", [-1])], "flat pads")
    pads = net.node("Cast", [net.node("Mul", [net.node("Neg", [net.node("Neg", [pads], "n")], "nn"), one], "same")], "cast",
                    to=INT64)
    return net.end(net.conv(net.node("Pad", ["input", pads], "p"), "c", 3, 4, 3), 4)


def forms():
    net = Network(opset=11)
    x = net.conv("input", "c", 3, 4)
    x = net.node("Transpose", [net.node("Transpose", [x], "t", perm=[0, 2, 3, 1])], "tt", perm=[0, 3, 1, 2])
    x = net.node("Dropout", [net.node("Identity", [x], "i")], "drop", ratio=0.2)
    x = net.node("ReduceMean", [x], "mean", axes=[2, 3], keepdims=1)
    x = net.node("Squeeze", [net.node("Squeeze", [x], "q", axes=[3])], "qq", axes=[2])
    weight = net.node("Transpose", [net.floats("fc", 2, 4)], "turned", perm=[1, 0])
    net.node("Gemm", [x, weight, net.node("Constant", [], "k", value_floats=[0.5, 0.25])], "logits", alpha=0.5, beta=2.0)
    return net.bytes()


def columns():
    net = Network(opset=11)
    x = net.conv("input", "c", 3, 4)
    x = net.node("Reshape", [x, net.node("Constant", [], "k", value_ints=[0, 4, -1])], "columns")
    x = net.node("ReduceMean", [x], "mean", axes=[-1], keepdims=0)
    x = net.node("Unsqueeze", [x], "pixel", axes=[2, 3])
    net.node("Flatten", [net.node("Sigmoid", [x], "s")], "flat")
    net.node("Gemm", ["flat", net.floats("fc", 2, 4)], "logits", transB=1)
    return net.bytes()


SEEDS = (residual, activations, pools, same_padded, constants, hard_swish_by_hand, excitation, computed_shape,
         computed_pads, forms, columns)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "corpus/onnx_import")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in SEEDS:
        content = seed()
        assert len(content) < LIMIT, f"{seed.__name__} has {len(content)} bytes"
        (args.out / f"{seed.__name__}.onnx").write_bytes(content)
    print(f"{len(SEEDS)} seeds in {args.out}")


if __name__ == "__main__":
    main()
