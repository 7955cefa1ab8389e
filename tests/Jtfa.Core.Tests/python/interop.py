"""The other side of the interoperability tests: msgpack and numpy as the published scripts use them.

Usage: interop.py COMMAND < request.json > answer.json; each command's function tells its request and answer.
"""

import hmac
import json
import struct
import sys

import msgpack
import numpy as np


def pack(request):
    """{"seed", "count"} -> packets of random content and style: {"hex", and each field as it must be read}."""
    rng = np.random.default_rng(request["seed"])
    return [random_packet(rng) for _ in range(request["count"])]


def unpack(request):
    """{"packets": [hex], "key": hex} -> the maps, with q as a list of int8 values, numbers as they came, and for tag its epoch if it is right."""
    return [readable(bytes.fromhex(packet), bytes.fromhex(request["key"])) for packet in request["packets"]]


def tokens(request):
    """{"seed", "count"} -> random vectors encoded and decoded with RandomState: {"mode", "seed", "z", "q", "scale", "decoded"}."""
    rng = np.random.default_rng(request["seed"])
    return [random_token(rng) for _ in range(request["count"])]


def save(request):
    """{"path", "compressed", "others"} -> writes arrays of every kind to an .npz file; answers {name: {"shape", "values"}}.

    With others there are arrays of no numbers, too.
    """
    arrays = every_array()
    others = {"names": np.array(["a", "bcd"]), "objects": np.array([{}, None]), "complex": np.array([1j])} if request.get("others") else {}
    (np.savez_compressed if request["compressed"] else np.savez)(request["path"], **others, **arrays)
    return describe(arrays)


def load(request):
    """{"path"} -> {name: {"shape", "values"}}."""
    with np.load(request["path"]) as arrays:
        return describe({name: arrays[name] for name in arrays.files})


def random_packet(rng):
    mode = str(rng.choice(["plain", "psmix", "hmix"]))
    d = int(rng.integers(1, 1025))
    q = rng.integers(-128, 128, d).astype(np.int8)
    fields = {
        "ts": [float(rng.random() * 2e9), int(rng.integers(2**31))][rng.integers(2)],
        "producer_id": int(rng.integers(2 ** rng.integers(1, 32))),
        "seed": int(rng.integers(2 ** rng.integers(1, 33))),
        "scale": float(np.float32(10 ** rng.uniform(-6, 6))),
        "label": int(rng.integers(-1, 1000)),
        "scene": str(rng.choice(["", "foyer", "Küche 2"])),
        "did": [None, int(rng.integers(-(2**62), 2**62))][rng.integers(2)],
        "seq": [None, int(rng.integers(2 ** rng.integers(1, 63)))][rng.integers(2)],
        "qual": float(np.float32(1 - rng.random())),
        "tick": [None, float(rng.random() * 2e9)][rng.integers(2)],
        "model": str(rng.choice(["", "91bc0d4ffe12", "Küche@91bc0d4ffe12"])),
    }
    meta = {"enc": mode, "seed": fields["seed"], "scale": fields["scale"], "d": d, "n2": padded_length(d)}
    packet = {
        "ts": fields["ts"], "producer_id": fields["producer_id"], "mode": mode, "d": d, "meta": meta, "q": q.tobytes(),
        "label": fields["label"], "qual": fields["qual"],
        "extra": {"nested": [1, {"deep": [None, True, 1.5, b"bytes"]}], "text": "x" * int(rng.integers(300))},
        7: "a key that is no string",
    }
    packet.update({key: fields[key] for key in ("did", "seq", "tick") if fields[key] is not None})
    packet.update({key: fields[key] for key in ("scene", "model") if fields[key]})
    style = {"use_single_float": bool(rng.integers(2)) and isinstance(fields["ts"], int) and fields["tick"] is None}
    packed = msgpack.packb(shuffled(rng, {**packet, "meta": shuffled(rng, meta)}), use_bin_type=True, **style)
    return {**fields, "mode": mode, "q": q.tolist(), "hex": packed.hex()}


def shuffled(rng, mapping):
    items = list(mapping.items())
    return {items[i][0]: items[i][1] for i in rng.permutation(len(items))}


def readable(datagram, key):
    packet = msgpack.unpackb(datagram, raw=False)
    packet["q"] = np.frombuffer(packet["q"], np.int8).tolist()
    if "tag" in packet:
        epoch, code = struct.unpack(">I8s", packet["tag"])
        is_right = list(packet)[-1] == "tag" and hmac.digest(key, datagram[:-8], "sha256")[:8] == code
        packet["tag"] = epoch if is_right else "wrong"
    return packet


def random_token(rng):
    mode = str(rng.choice(["plain", "psmix", "hmix"]))
    d = int(rng.choice([rng.integers(1, 65), rng.integers(1, 1025)]))
    seed = int(rng.integers(2 ** rng.integers(1, 33)))
    z = (rng.standard_normal(d) * 10 ** rng.uniform(-4, 4)).astype(np.float32)
    random = np.random.RandomState(seed)
    if mode == "plain":
        q, scale = quantise(z)
        decoded = restore(q, scale)
    elif mode == "psmix":
        order = random.permutation(d)
        sign = (random.randint(0, 2, d) * 2 - 1).astype(np.float32)
        q, scale = quantise((z * sign)[order])
        decoded = np.empty(d, np.float32)
        decoded[order] = restore(q, scale)
        decoded *= sign
    else:
        n2 = padded_length(d)
        sign = (random.randint(0, 2, n2) * 2 - 1).astype(np.float32)
        q, scale = quantise(walsh_hadamard(np.pad(z, (0, n2 - d)) * sign)[:d])
        decoded = (walsh_hadamard(np.pad(restore(q, scale), (0, n2 - d))) / np.float32(n2) * sign)[:d]
    return {"mode": mode, "seed": seed, "z": z.tolist(), "q": q.tolist(), "scale": scale, "decoded": decoded.tolist()}


def quantise(values):
    scale = (float(np.abs(values).max()) + 1e-8) / 127.0
    return np.clip(np.round(values / np.float32(scale)), -127, 127).astype(np.int8), scale


def restore(q, scale):
    return q.astype(np.float32) * np.float32(scale)


def padded_length(d):
    return 1 << (d - 1).bit_length()


def walsh_hadamard(values):
    width = 1
    while width < len(values):
        pairs = values.reshape(-1, 2, width)
        values = np.concatenate([pairs[:, :1] + pairs[:, 1:], pairs[:, :1] - pairs[:, 1:]], axis=1).reshape(-1)
        width *= 2
    return values


def every_array():
    rng = np.random.default_rng(1)
    floats = rng.standard_normal((3, 4, 5))
    arrays = {name: floats.astype(name) for name in ("float16", "float32", "float64")}
    for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
        info = np.iinfo(name)
        arrays[name] = np.array([info.min, info.max // 2, info.max], name)
    arrays["bool"] = np.array([True, False])
    arrays["scalar"] = np.float64(1.25)
    arrays["empty"] = np.zeros((0, 4), np.float32)
    arrays["fortran"] = np.asfortranarray(floats.astype(np.float32))
    arrays["transposed"] = rng.standard_normal((16, 10)).astype(np.float32).T
    for name in ("float16", "float32", "float64", "int16", "uint32", "int64"):
        arrays[f"big {name}"] = np.asfortranarray((10 * floats).astype(np.dtype(name).newbyteorder(">") if name[0] != "u" else ">u4"))
    return arrays


def headers(request):
    """{"folder"} -> writes .npy files whose headers are spelt in many ways; answers what numpy.load makes of each: {name: null or as load}."""
    answers = {}
    for i, (version, literal) in enumerate(spellings()):
        name = f"{i}.npy"
        encoded = literal.encode("latin1")
        length = len(encoded).to_bytes(2 if version == 1 else 4, "little")
        content = b"\x93NUMPY" + bytes([version, 0]) + length + encoded + bytes([1, 2, 0] * 32)
        with open(f"{request['folder']}/{name}", "wb") as file:
            file.write(content)
        try:
            array = np.load(f"{request['folder']}/{name}")
            answers[name] = {"header": literal, **describe({"": array})[""]}
        except ValueError:
            answers[name] = {"header": literal, "shape": None}
    return answers


def spellings():
    descrs = ["'<f4'", "'>f4'", "'=f4'", "'|f4'", "'f4'", "u'<f4'", "'float32'", "'f'", "'<d'", "'>d'", "'?'", "'|b1'", "'>i1'", "'bool_'", "'l'",
              "'>l'", "'uint16'", "'half'", "'intp'", "'<F4'", "'Float32'", "b'<f4'", "'<float32'", "''", "'<'", "'f3'", "' <f4'"]
    shapes = ["(2,)", "(2, )", "( 2 , )", "(2,3)", "()", "( )", "(3,0)", "(2L,)", "(2L, 3L)", "(2 L,)", "(2l,)", "[2]", "(2.0,)", "2", "(2,,)", "(,)"]
    layouts = [
        "{'descr': %(descr)s, 'fortran_order': False, 'shape': %(shape)s, }\n", '{"shape":%(shape)s,"fortran_order":True,"descr":%(descr)s}',
        " {\t'descr' :\n%(descr)s , 'fortran_order' : False , 'shape' : %(shape)s } \n\n",
        "{'descr': %(descr)s, 'fortran_order': 0, 'shape': %(shape)s}", "{'descr': %(descr)s, 'fortran_order': False, 'shape': %(shape)s, 'more': 1}",
    ]
    pairs = [(descr, "(2,3)") for descr in descrs] + [("'<f4'", shape) for shape in shapes]
    return [(version, layout % {"descr": descr, "shape": shape}) for version in (1, 2) for layout in layouts for descr, shape in pairs]


def describe(arrays):
    return {name: {"shape": list(np.shape(a)), "values": np.asarray(a, np.float64).flatten().tolist()} for name, a in arrays.items()}


if __name__ == "__main__":
    json.dump({"pack": pack, "unpack": unpack, "tokens": tokens, "save": save, "load": load, "headers": headers}[sys.argv[1]](json.load(sys.stdin)), sys.stdout)
