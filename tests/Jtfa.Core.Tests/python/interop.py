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


def pack2(request):
    """{"seed", "count"} -> packets of version 2, of random content and style: {"hex", "now", and each field as it must be read}."""
    rng = np.random.default_rng(request["seed"])
    return [random_array(rng) for _ in range(request["count"])]


def unpack2(request):
    """{"packets": [[hex, now in µs]], "key": hex} -> what docs/wire.md says that they hold, decoded vectors included."""
    return [readable_array(bytes.fromhex(packet), now, bytes.fromhex(request["key"])) for packet, now in request["packets"]]


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


LARGEST = {"Int8": 127, "Int4": 7, "Q3H": 5}


def fmix32(view, sequence):
    h = (view * 0x9E3779B9 + sequence) % 2**32
    h = (h ^ h >> 16) * 0x85EBCA6B % 2**32
    h = (h ^ h >> 13) * 0xC2B2AE35 % 2**32
    return h ^ h >> 16


def pack_numbers(numbers, quantiser):
    if quantiser == "Int8":
        return np.array(numbers, np.int8).tobytes()
    if quantiser == "Int4":
        halves = [n & 15 for n in numbers] + ([8] if len(numbers) % 2 else [])
        return bytes(a << 4 | b for a, b in zip(halves[::2], halves[1::2]))
    bits = "".join(format((a + 5) * 11 + b + 5, "07b") for a, b in zip(numbers[::2], numbers[1::2]))
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def unpack_numbers(packed, quantiser):
    if quantiser == "Int8":
        return np.frombuffer(packed, np.int8).tolist()
    if quantiser == "Int4":
        halves = [half for byte in packed for half in (byte >> 4, byte & 15)]
        return [half - 16 if half > 8 else half for half in (halves[:-1] if halves[-1] == 8 else halves)]
    bits = "".join(format(byte, "08b") for byte in packed)
    pairs = [int(bits[i:i + 7], 2) for i in range(0, len(bits) - 6, 7)]
    return [n - 5 for pair in pairs if pair != 127 for n in divmod(pair, 11)]


def random_array(rng):
    encoding, quantiser = int(rng.integers(3)), str(rng.choice(list(LARGEST)))
    d = int(rng.choice([rng.integers(1, 33), rng.integers(1, 1025)]))
    d += d % 2 if quantiser == "Q3H" else 0
    numbers = rng.integers(-LARGEST[quantiser], LARGEST[quantiser] + 1, d).tolist()
    now = int(rng.integers(10**15, 2 * 10**15))
    fields = {
        "now": now, "ts": now + int(rng.integers(-(2**31) + 2, 2**31 - 2)), "view": int(rng.integers(2 ** rng.integers(1, 31))),
        "seq": int(rng.integers(2 ** rng.integers(1, 33))), "index": int(rng.integers(65536)), "encoding": encoding,
        "quantiser": quantiser, "scale": float(np.float32(10 ** rng.uniform(-6, 6))), "values": numbers,
        "label": int(rng.integers(-1, 1000)), "did": [None, int(rng.integers(-(2**62), 2**62))][rng.integers(2)],
        "qual": float(np.float32(1 - rng.random())), "tick": [None, now + int(rng.integers(-(2**30), 2**30))][rng.integers(2)],
        "model": str(rng.choice(["", "Küche@91bc0d4ffe12"])), "scene": str(rng.choice(["", "Küche 2"])),
    }
    options = {1: fields["label"], 3: fields["qual"], 9: ["later", None]}
    options.update({key: fields[name] for key, name in ((2, "did"), (5, "model"), (6, "scene")) if fields[name]})
    if fields["tick"] is not None:
        options[4] = fields["tick"] % 2**32
    number = encoding + 4 * list(LARGEST).index(quantiser)
    array = [2, fields["index"], fields["view"], fields["seq"], fields["ts"] % 2**32, number, fields["scale"],
             pack_numbers(numbers, quantiser), shuffled(rng, options)]
    return {**fields, "seed": fmix32(fields["view"], fields["seq"]), "hex": msgpack.packb(array, use_bin_type=bool(rng.integers(2))).hex()}


def readable_array(datagram, now, key):
    version, index, view, seq, time, number, scale, packed, *rest = msgpack.unpackb(datagram, raw=False, strict_map_key=False)
    options = rest.pop(0) if rest and isinstance(rest[0], dict) else {}
    names = {1: "label", 2: "did", 3: "qual", 4: "tick", 5: "model", 6: "scene"}
    near = lambda t: now + (t - now + 2**31) % 2**32 - 2**31
    numbers = unpack_numbers(packed, list(LARGEST)[number >> 2])
    mode, seed = ["plain", "psmix", "hmix"][number & 3], fmix32(view, seq)
    fields = {"version": version, "index": index, "view": view, "seq": seq, "ts": near(time), "values": numbers,
              "decoded": decode(mode, seed, np.array(numbers, np.int8), scale).tolist(), **{names[k]: v for k, v in options.items()}}
    if "tick" in fields:
        fields["tick"] = near(fields["tick"])
    if rest:
        epoch, code = struct.unpack(">I8s", rest[0])
        fields["tag"] = epoch if hmac.digest(key, datagram[:-8], "sha256")[:8] == code else "wrong"
    return fields


def decode(mode, seed, q, scale):
    random, d = np.random.RandomState(seed), len(q)
    if mode == "plain":
        return restore(q, scale)
    if mode == "psmix":
        order, decoded = random.permutation(d), np.empty(d, np.float32)
        sign = (random.randint(0, 2, d) * 2 - 1).astype(np.float32)
        decoded[order] = restore(q, scale)
        return decoded * sign
    n2 = padded_length(d)
    sign = (random.randint(0, 2, n2) * 2 - 1).astype(np.float32)
    return (walsh_hadamard(np.pad(restore(q, scale), (0, n2 - d))) / np.float32(n2) * sign)[:d]


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
    commands = (pack, unpack, pack2, unpack2, tokens, save, load, headers)
    json.dump({command.__name__: command for command in commands}[sys.argv[1]](json.load(sys.stdin)), sys.stdout)
