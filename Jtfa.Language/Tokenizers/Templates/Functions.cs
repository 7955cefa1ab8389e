using System.Globalization;
using System.Text;

namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>Functions that templates may call.</summary>
internal static class Functions
{
    private const int MaxRange = 100_000;

    /// <summary>Makes them known.</summary>
    public static void AddTo(Scope scope, TimeProvider time)
    {
        scope.Set("raise_exception", (Callable)(a => throw new TemplateException(0, Values.Text(a.Needed(0, "message")))));
        scope.Set("strftime_now", (Callable)(a => Time(a.Text(0, "format"), time.GetLocalNow())));
        scope.Set("namespace", (Callable)(a => new Namespace(Entries(a))));
        scope.Set("dict", (Callable)Entries);
        scope.Set("range", (Callable)Range);
    }

    private static Map Entries(Arguments arguments)
    {
        var map = new Map();
        if (arguments.Positional.FirstOrDefault() is Map first)
            foreach (var (key, value) in first) map[key] = value;
        foreach (var (key, value) in arguments.Named) map[key] = value;
        return map;
    }

    private static List<object?> Range(Arguments arguments)
    {
        var isOne = arguments.Positional.Count == 1;
        var from = isOne ? 0 : arguments.Whole(0, "start");
        var (to, step) = (arguments.Whole(isOne ? 0 : 1, "stop"), arguments.Whole(2, "step", 1));
        if (step == 0) throw new TemplateException(0, "the step of 'range' is 0");
        List<object?> numbers = [];
        for (Int128 at = from; step > 0 ? at < to : at > to; at += step)
        {
            if (numbers.Count == MaxRange) throw new TemplateException(0, $"'range' has more than {MaxRange} numbers");
            numbers.Add((long)at);
        }

        return numbers;
    }

    private static string Time(string format, DateTimeOffset now)
    {
        var text = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%' || at + 1 == format.Length)
            {
                text.Append(format[at]);
                continue;
            }

            var letter = format[++at];
            var pattern = letter switch
            {
                'Y' => "yyyy",
                'm' => "MM",
                'd' => "dd",
                'H' => "HH",
                'I' => "hh",
                'M' => "mm",
                'S' => "ss",
                'B' => "MMMM",
                'b' => "MMM",
                'A' => "dddd",
                'a' => "ddd",
                'p' => "tt",
                'y' => "yy",
                'F' => "yyyy-MM-dd",
                'T' => "HH:mm:ss",
                'f' => "ffffff",
                'z' => "zzz",
                '%' => "'%'",
                _ => throw new TemplateException(0, $"'%{letter}' of 'strftime_now' is not supported"),
            };
            var part = now.ToString(pattern, CultureInfo.InvariantCulture);
            text.Append(letter == 'z' ? part.Replace(":", "", StringComparison.Ordinal) : part);
        }

        return text.ToString();
    }
}
