namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>An expression.</summary>
internal abstract class Expression(int line)
{
    public int Line { get; } = line;

    public object? Evaluate(Scope scope)
    {
        scope.Step(Line);
        try
        {
            var value = Value(scope);
            if (this is Call or Filter or Slice or Binary) scope.Made(Line, value);
            return value;
        }
        catch (TemplateException fault) when (fault.Line == 0)
        {
            throw new TemplateException(Line, fault.Message["chat template: ".Length..]);
        }
    }

    protected abstract object? Value(Scope scope);
}

/// <summary>A constant.</summary>
internal sealed class Constant(int line, object? value) : Expression(line)
{
    protected override object? Value(Scope scope) => value;
}

/// <summary>A name.</summary>
internal sealed class NameOf(int line, string name) : Expression(line)
{
    public string Name => name;

    protected override object? Value(Scope scope) => scope.Find(name);
}

/// <summary>[a, b], (a, b).</summary>
internal sealed class ListOf(int line, List<Expression> items, bool isTuple = false) : Expression(line)
{
    public List<Expression> Items => items;

    protected override object? Value(Scope scope)
    {
        var list = isTuple ? new Tuple() : new List<object?>(items.Count);
        foreach (var item in items) list.Add(item.Evaluate(scope));
        return list;
    }
}

/// <summary>{'a': b}.</summary>
internal sealed class MapOf(int line, List<(Expression Key, Expression Value)> entries) : Expression(line)
{
    protected override object? Value(Scope scope)
    {
        var map = new Map();
        foreach (var (key, value) in entries)
        {
            var name = key.Evaluate(scope) as string ??
                throw new TemplateException(Line, "keys of a mapping can be strings only");
            map[name] = value.Evaluate(scope);
        }

        return map;
    }
}

/// <summary>a if b else c.</summary>
internal sealed class Choice(int line, Expression condition, Expression then, Expression? otherwise) : Expression(line)
{
    protected override object? Value(Scope scope) =>
        Values.IsTrue(condition.Evaluate(scope)) ? then.Evaluate(scope) :
        otherwise is null ? new Undefined("else") : otherwise.Evaluate(scope);
}

/// <summary>not a, -a, +a.</summary>
internal sealed class Unary(int line, string name, Expression operand) : Expression(line)
{
    protected override object? Value(Scope scope) => (name, operand.Evaluate(scope)) switch
    {
        ("not", var value) => !Values.IsTrue(value),
        ("-", long number) => -number,
        ("-", double number) => -number,
        ("+", long or double) => operand.Evaluate(scope),
        (_, var value) => throw new TemplateException(Line, $"'{name}' takes a number, not a {Values.Kind(value)}"),
    };
}

/// <summary>a and b, a or b.</summary>
internal sealed class Logical(int line, bool isAnd, Expression left, Expression right) : Expression(line)
{
    protected override object? Value(Scope scope)
    {
        var value = left.Evaluate(scope);
        return Values.IsTrue(value) == isAnd ? right.Evaluate(scope) : value;
    }
}

/// <summary>a &lt; b &lt;= c in d …</summary>
internal sealed class Comparison(int line, Expression first, List<(string Name, Expression Right)> others) : Expression(line)
{
    protected override object? Value(Scope scope)
    {
        var left = first.Evaluate(scope);
        foreach (var (name, right) in others)
        {
            var value = right.Evaluate(scope);
            var holds = name switch
            {
                "==" => Values.AreEqual(left, value),
                "!=" => !Values.AreEqual(left, value),
                "in" => Values.Contains(value, left),
                "not in" => !Values.Contains(value, left),
                "<" => Values.Compare(left, value) < 0,
                "<=" => Values.Compare(left, value) <= 0,
                ">" => Values.Compare(left, value) > 0,
                _ => Values.Compare(left, value) >= 0,
            };
            if (!holds) return false;
            left = value;
        }

        return true;
    }
}

/// <summary>a + b and the like.</summary>
internal sealed class Binary(int line, string name, Expression left, Expression right) : Expression(line)
{
    protected override object? Value(Scope scope) => Apply(left.Evaluate(scope), right.Evaluate(scope));

    private object? Apply(object? a, object? b)
    {
        try
        {
            switch (name, a, b)
            {
                case ("~", _, _): return Joined(Values.Text(a), Values.Text(b));
                case ("+", string one, string other): return Joined(one, other);
                case ("+", List<object?> one, List<object?> other):
                    Scope.CheckLength(one.Count + (long)other.Count);
                    return (List<object?>)[.. one, .. other];
                case ("*", string text, long times): return Repeated(text, times);
                case ("*", long times, string text): return Repeated(text, times);
            }

            if (!Values.IsNumber(a, out var x) || !Values.IsNumber(b, out var y))
                throw new TemplateException(Line, $"'{name}' does not take a {Values.Kind(a)} and a {Values.Kind(b)}");
            if (name is "/" or "//" or "%" && y == 0) throw new TemplateException(Line, "a number is divided by 0");
            var areWhole = a is not double && b is not double;
            var (m, n) = areWhole ? ((long)x, (long)y) : (0, 1);
            if (a is long whole) m = whole;
            if (b is long other2) n = other2;
            return name switch
            {
                "/" => x / y,
                "+" => areWhole ? (object)checked(m + n) : x + y,
                "-" => areWhole ? (object)checked(m - n) : x - y,
                "*" => areWhole ? (object)checked(m * n) : x * y,
                "//" => areWhole ? (object)(checked(m - Modulo(m, n)) / n) : Math.Floor(x / y),
                "%" => areWhole ? (object)Modulo(m, n) : x - (y * Math.Floor(x / y)),
                _ => areWhole && n >= 0 && Math.Abs(Math.Pow(x, y)) < long.MaxValue / 2 ? (object)(long)Math.Pow(x, y) : Math.Pow(x, y),
            };
        }
        catch (OverflowException)
        {
            throw new TemplateException(Line, "a number becomes too large");
        }
    }

    private static string Joined(string a, string b)
    {
        Scope.CheckLength(a.Length + (long)b.Length);
        return a + b;
    }

    private static string Repeated(string text, long times)
    {
        if (times <= 0 || text.Length == 0) return "";
        Scope.CheckLength(times);
        Scope.CheckLength(times * text.Length);
        return string.Concat(Enumerable.Repeat(text, (int)times));
    }

    private static long Modulo(long m, long n) => n == -1 ? 0 : ((m % n) + n) % n;
}

/// <summary>a.b, a[b].</summary>
internal sealed class Member(int line, Expression of, Expression key, bool isAttribute) : Expression(line)
{
    public Expression Of => of;

    /// <summary>The attribute's name; null in a[b].</summary>
    public string? Name => isAttribute && key.Evaluate(new Scope()) is string name ? name : null;

    protected override object? Value(Scope scope)
    {
        var (value, name) = (of.Evaluate(scope), key.Evaluate(scope));
        if (value is Undefined undefined) throw new TemplateException(Line, $"'{undefined.Name}' is undefined");
        return Members.TryFind(value, name, isAttribute, out var found) ? found : new Undefined(Values.Text(name));
    }
}

/// <summary>a[b:c:d].</summary>
internal sealed class Slice(int line, Expression of, Expression? start, Expression? stop, Expression? step) : Expression(line)
{
    protected override object? Value(Scope scope)
    {
        var value = of.Evaluate(scope);
        if (value is not (string or List<object?>)) throw new TemplateException(Line, $"a {Values.Kind(value)} cannot be cut");
        var items = Values.Items(value);
        var by = Bound(step, scope) ?? 1;
        if (by == 0) throw new TemplateException(Line, "the step of a slice is 0");
        var (first, last) = by > 0 ? (0L, (long)items.Count) : (items.Count - 1L, -1L);
        var from = Placed(Bound(start, scope), first, items.Count, by);
        var to = Placed(Bound(stop, scope), last, items.Count, by);
        List<object?> cut = [];
        for (var at = from; by > 0 ? at < to : at > to; at += by) cut.Add(items[(int)at]);
        return value is string ? string.Concat(cut) : cut;
    }

    private static long Placed(long? bound, long otherwise, int count, long by)
    {
        if (bound is not { } at) return otherwise;
        if (at < 0) at += count;
        return by > 0 ? Math.Clamp(at, 0, count) : Math.Clamp(at, -1, count - 1);
    }

    private long? Bound(Expression? expression, Scope scope) => expression?.Evaluate(scope) switch
    {
        null => null,
        long number => Math.Clamp(number, -int.MaxValue, int.MaxValue),
        var other => throw new TemplateException(Line, $"a slice is bounded by numbers, not by a {Values.Kind(other)}"),
    };
}

/// <summary>a(b, c=d).</summary>
internal sealed class Call(int line, Expression function, CallArguments arguments) : Expression(line)
{
    protected override object? Value(Scope scope)
    {
        var name = function switch { NameOf named => named.Name, Member member => member.Name ?? "a member", _ => "an expression" };
        return function.Evaluate(scope) is Callable callable
            ? callable(arguments.Evaluate(name, scope))
            : throw new TemplateException(Line, $"'{name}' is not supported as a function");
    }
}

/// <summary>a|b(c).</summary>
internal sealed class Filter(int line, string name, Expression? input, CallArguments arguments) : Expression(line)
{
    private readonly Func<object?, Arguments, object?> _filter = Filters.Find(name) ??
        throw new TemplateException(line, $"the filter '{name}' is not supported");

    public object? Apply(object? value, Scope scope) => _filter(value, arguments.Evaluate(name, scope));

    protected override object? Value(Scope scope) => Apply(input!.Evaluate(scope), scope);
}

/// <summary>a is b(c).</summary>
internal sealed class Test(int line, string name, Expression input, CallArguments arguments, bool isNegated) : Expression(line)
{
    private readonly Func<object?, Arguments, bool> _test = Tests.Find(name) ??
        throw new TemplateException(line, $"the test '{name}' is not supported");

    protected override object? Value(Scope scope) => _test(input.Evaluate(scope), arguments.Evaluate(name, scope)) != isNegated;
}

/// <summary>(a, b=c).</summary>
internal sealed record CallArguments(List<Expression> Positional, List<(string Name, Expression Value)> Named)
{
    public Arguments Evaluate(string name, Scope scope)
    {
        var named = new Map();
        foreach (var (key, value) in Named) named[key] = value.Evaluate(scope);
        return new(name, Positional.ConvertAll(argument => argument.Evaluate(scope)), named);
    }
}
