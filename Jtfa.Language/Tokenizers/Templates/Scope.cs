using System.Runtime.CompilerServices;

namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>Names that are known at a place of a template, and what bounds the work of one rendering.</summary>
internal sealed class Scope
{
    private const int MaxSteps = 1_000_000;
    private const int MaxLength = 16 * 1024 * 1024;

    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);
    private readonly Scope? _parent;
    private readonly Work _work;

    /// <summary>The outermost scope.</summary>
    public Scope() => _work = new();

    /// <summary>A scope within another.</summary>
    public Scope(Scope parent) => (_parent, _work) = (parent, parent._work);

    /// <summary>Sets a name in this scope.</summary>
    public void Set(string name, object? value) => _values[name] = value;

    /// <summary>A name's value.</summary>
    public object? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope._parent)
            if (scope._values.TryGetValue(name, out var value)) return value;
        return new Undefined(name);
    }

    /// <summary>Counts steps.</summary>
    public void Step(int line, int count = 1)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if ((_work.Steps += count) > MaxSteps) throw new TemplateException(line, "it takes too many steps");
    }

    /// <summary>Counts what an expression made, by its size.</summary>
    public void Made(int line, object? value)
    {
        _work.Steps += value switch { List<object?> list => list.Count / 10, string text => text.Length / 1000, _ => 0 };
        if (_work.Steps > MaxSteps) throw new TemplateException(line, "it takes too many steps");
    }

    /// <summary>Checks the length of a text that comes to be.</summary>
    public static void CheckLength(long length)
    {
        if (length > MaxLength) throw new TemplateException(0, "it makes too long a text");
    }

    private sealed class Work
    {
        public int Steps;
    }
}
