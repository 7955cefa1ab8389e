using System.Text;

namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>Where a loop goes on after a statement.</summary>
internal enum Flow
{
    /// <summary>With the next statement.</summary>
    Next,

    /// <summary>With the next item.</summary>
    Continue,

    /// <summary>Behind the loop.</summary>
    Break,
}

/// <summary>A part of a template that writes or sets something.</summary>
internal abstract class Statement
{
    public abstract Flow Run(Scope scope, StringBuilder output);

    /// <summary>Runs statements in order.</summary>
    public static Flow RunAll(List<Statement> statements, Scope scope, StringBuilder output)
    {
        foreach (var statement in statements)
        {
            scope.Step(0);
            Scope.CheckLength(output.Length);
            if (statement.Run(scope, output) is var flow and not Flow.Next) return flow;
        }

        return Flow.Next;
    }
}

/// <summary>Text.</summary>
internal sealed class Copy(string text) : Statement
{
    public override Flow Run(Scope scope, StringBuilder output)
    {
        output.Append(text);
        return Flow.Next;
    }
}

/// <summary>{{ a }}.</summary>
internal sealed class Output(Expression expression) : Statement
{
    public override Flow Run(Scope scope, StringBuilder output)
    {
        output.Append(Values.Text(expression.Evaluate(scope)));
        return Flow.Next;
    }
}

/// <summary>{% break %}, {% continue %}.</summary>
internal sealed class Jump(Flow flow) : Statement
{
    public override Flow Run(Scope scope, StringBuilder output) => flow;
}

/// <summary>{% generation %}: marks what the model says; writes what is within.</summary>
internal sealed class Group(List<Statement> body) : Statement
{
    public override Flow Run(Scope scope, StringBuilder output) => RunAll(body, scope, output);
}

/// <summary>{% if %}.</summary>
internal sealed class If(List<(Expression? Condition, List<Statement> Body)> branches) : Statement
{
    public override Flow Run(Scope scope, StringBuilder output)
    {
        foreach (var (condition, body) in branches)
        {
            if (condition is null || Values.IsTrue(condition.Evaluate(scope))) return RunAll(body, scope, output);
        }

        return Flow.Next;
    }
}

/// <summary>{% set %}, of a value or of what a block writes.</summary>
internal sealed class Set(int line, Expression target, Expression? value, List<Statement>? body, List<Filter> filters) : Statement
{
    public override Flow Run(Scope scope, StringBuilder output)
    {
        object? result;
        if (body is null) result = value!.Evaluate(scope);
        else
        {
            var written = new StringBuilder();
            RunAll(body, new Scope(scope), written);
            result = filters.Aggregate((object?)written.ToString(), (text, filter) => filter.Apply(text, scope));
        }

        Assign(scope, target, result, line);
        return Flow.Next;
    }

    /// <summary>Sets a name, names, or an attribute of a namespace.</summary>
    public static void Assign(Scope scope, Expression target, object? value, int line)
    {
        switch (target)
        {
            case NameOf name: scope.Set(name.Name, value); break;
            case ListOf names:
                var items = Values.Items(value);
                if (items.Count != names.Items.Count)
                    throw new TemplateException(line, $"{items.Count} values are set to {names.Items.Count} names");
                for (var i = 0; i < items.Count; i++) Assign(scope, names.Items[i], items[i], line);
                break;
            case Member { Name: { } attribute } member when member.Of.Evaluate(scope) is Namespace space:
                space.Attributes[attribute] = value;
                break;
            default: throw new TemplateException(line, "'set' takes a name or an attribute of a namespace");
        }
    }
}

/// <summary>{% for %}.</summary>
internal sealed class For(
    int line, Expression target, Expression over, Expression? condition, List<Statement> body, List<Statement> otherwise) : Statement
{
    /// <summary>What an iteration costs by itself, in steps.</summary>
    private const int IterationSteps = 10;

    public override Flow Run(Scope scope, StringBuilder output)
    {
        var items = Values.Items(over.Evaluate(scope));
        if (condition is not null)
        {
            items = items.FindAll(item =>
            {
                scope.Step(line);
                var inner = new Scope(scope);
                Set.Assign(inner, target, item, line);
                return Values.IsTrue(condition.Evaluate(inner));
            });
        }

        if (items.Count == 0) return RunAll(otherwise, scope, output);
        object? changed = null;
        for (var i = 0; i < items.Count; i++)
        {
            scope.Step(line, IterationSteps);
            var inner = new Scope(scope);
            inner.Set("loop", Loop(items, i, arguments =>
            {
                var isChanged = changed is null || !Values.AreEqual(changed, arguments.Positional);
                changed = arguments.Positional;
                return isChanged;
            }));
            Set.Assign(inner, target, items[i], line);
            if (RunAll(body, inner, output) == Flow.Break) break;
        }

        return Flow.Next;
    }

    private static Namespace Loop(List<object?> items, int i, Callable changed) => new(new Map
    {
        ["index"] = i + 1L,
        ["index0"] = (long)i,
        ["revindex"] = (long)items.Count - i,
        ["revindex0"] = items.Count - i - 1L,
        ["first"] = i == 0,
        ["last"] = i == items.Count - 1,
        ["length"] = (long)items.Count,
        ["depth"] = 1L,
        ["depth0"] = 0L,
        ["previtem"] = i > 0 ? items[i - 1] : new Undefined("previtem"),
        ["nextitem"] = i + 1 < items.Count ? items[i + 1] : new Undefined("nextitem"),
        ["cycle"] = (Callable)(arguments => arguments.Positional.Count > 0
            ? arguments.Positional[i % arguments.Positional.Count]
            : throw new TemplateException(0, "'cycle' takes at least one value")),
        ["changed"] = changed,
    });
}

/// <summary>{% macro %}.</summary>
internal sealed class Macro(string name, List<(string Name, Expression? Default)> parameters, List<Statement> body) : Statement
{
    public override Flow Run(Scope scope, StringBuilder output)
    {
        scope.Set(name, (Callable)(arguments =>
        {
            if (arguments.Positional.Count > parameters.Count)
                throw new TemplateException(0, $"'{name}' takes {parameters.Count} arguments, not {arguments.Positional.Count}");
            var inner = new Scope(scope);
            for (var i = 0; i < parameters.Count; i++)
            {
                var (parameter, otherwise) = parameters[i];
                inner.Set(parameter, arguments.TryGet(i, parameter, out var value) ? value
                    : otherwise is null ? new Undefined(parameter) : otherwise.Evaluate(inner));
            }

            var written = new StringBuilder();
            RunAll(body, inner, written);
            return written.ToString();
        }));
        return Flow.Next;
    }
}

/// <summary>{% filter %}.</summary>
internal sealed class Filtered(List<Filter> filters, List<Statement> body) : Statement
{
    public override Flow Run(Scope scope, StringBuilder output)
    {
        var written = new StringBuilder();
        var flow = RunAll(body, new Scope(scope), written);
        output.Append(Values.Text(filters.Aggregate((object?)written.ToString(), (text, filter) => filter.Apply(text, scope))));
        return flow;
    }
}
