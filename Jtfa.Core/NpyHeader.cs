using System.Globalization;
using System.Text;

namespace Jtfa.Core;

/// <summary>
/// The header of a .npy file (numpy.lib.format): a Python dict literal such as
/// <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (10, 16), }</c>, padded with spaces to a newline.
/// </summary>
internal sealed record NpyHeader(NpyElement Element, bool BigEndian, bool FortranOrder, int[] Shape, long DataBytes)
{
    private const int MaxDimensions = 64; // numpy 2's limit

    /// <summary>The literal, unpadded, of a C-ordered array.</summary>
    public static string Format(NpyElement element, int[] shape) =>
        $"{{'descr': '{element.Descr}', 'fortran_order': False, 'shape': {NpyArray.ShapeText(shape)}, }}";

    /// <summary>Parses the literal.</summary>
    /// <exception cref="InvalidDataException">It is malformed, or names an element type or a size that is not supported.</exception>
    public static NpyHeader Parse(ReadOnlySpan<byte> literal)
    {
        var text = Encoding.Latin1.GetString(literal).Trim();
        if (text.Length < 2 || text[0] != '{' || text[^1] != '}') throw Malformed(text);
        string? descr = null;
        bool? fortranOrder = null;
        int[]? shape = null;
        var rest = text.AsSpan(1, text.Length - 2).Trim();
        while (!rest.IsEmpty)
        {
            var key = ReadQuoted(ref rest, text);
            Expect(ref rest, ':', text);
            switch (key)
            {
                case "descr" when rest.StartsWith("["): throw Unsupported("that is made of fields");
                case "descr": descr = ReadQuoted(ref rest, text); break;
                case "fortran_order": fortranOrder = ReadBoolean(ref rest, text); break;
                case "shape": shape = ReadShape(ref rest, text); break;
                default: throw Malformed(text);
            }
            if (!rest.IsEmpty) Expect(ref rest, ',', text);
        }
        if (descr is null || fortranOrder is null || shape is null) throw Malformed(text);
        var element = NpyElement.Find(descr) ?? throw Unsupported($"'{Start(descr)}'");
        return new NpyHeader(element, NpyElement.IsBigEndian(descr), fortranOrder.Value, shape, CountBytes(element, shape));
    }

    /// <summary>Text of a file that may hold anything, fit for a message: control characters and ends of lines become spaces.</summary>
    public static string OneLine(string text) =>
        string.Create(text.Length, text, (line, from) =>
        {
            for (var i = 0; i < line.Length; i++) line[i] = char.IsControl(from[i]) || from[i] is '\u2028' or '\u2029' ? ' ' : from[i];
        });

    private static string ReadQuoted(ref ReadOnlySpan<char> rest, string text)
    {
        if (rest.StartsWith("u")) rest = rest[1..]; // Python 2's mark of a Unicode string
        if (rest.IsEmpty || rest[0] is not ('\'' or '"')) throw Malformed(text);
        var length = rest[1..].IndexOf(rest[0]);
        if (length < 0) throw Malformed(text);
        var quoted = rest.Slice(1, length).ToString();
        rest = rest[(length + 2)..].TrimStart();
        return quoted;
    }

    private static bool ReadBoolean(ref ReadOnlySpan<char> rest, string text)
    {
        var value = rest.StartsWith("True");
        if (!value && !rest.StartsWith("False")) throw Malformed(text);
        rest = rest[(value ? 4 : 5)..].TrimStart();
        return value;
    }

    private static int[] ReadShape(ref ReadOnlySpan<char> rest, string text)
    {
        Expect(ref rest, '(', text);
        var shape = new List<int>();
        while (!rest.IsEmpty && rest[0] != ')')
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits < 1 || !int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || shape.Count == MaxDimensions) throw Malformed(text);
            shape.Add(length);
            rest = rest[digits..].TrimStart();
            if (rest.StartsWith("L")) rest = rest[1..].TrimStart(); // Python 2's mark of a long integer
            if (!rest.IsEmpty && rest[0] != ')') Expect(ref rest, ',', text);
        }
        Expect(ref rest, ')', text);
        return [.. shape];
    }

    private static void Expect(ref ReadOnlySpan<char> rest, char next, string text)
    {
        if (rest.IsEmpty || rest[0] != next) throw Malformed(text);
        rest = rest[1..].TrimStart();
    }

    private static long CountBytes(NpyElement element, int[] shape)
    {
        if (shape.Contains(0)) return 0;
        long bytes = element.Bytes;
        foreach (var length in shape)
        {
            bytes *= length;
            if (bytes > Array.MaxLength) throw new InvalidDataException($"A .npy array of shape {NpyArray.ShapeText(shape)} is too large.");
        }
        return bytes;
    }

    private static InvalidDataException Unsupported(string type) =>
        new($"The .npy element type {type} is not supported: save numbers, as with astype('float32').");

    private static InvalidDataException Malformed(string text) =>
        new($"The .npy header is malformed: {Start(text)}");

    private static string Start(string text) => OneLine(text.Length <= 120 ? text : text[..120] + "…");
}
