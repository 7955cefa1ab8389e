namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>Reads expressions, by Jinja's precedence.</summary>
internal sealed partial class Parser
{
    /// <summary>An expression, or several with commas between: a tuple.</summary>
    private Expression Tuple(bool withChoice = true)
    {
        var line = Current.Line;
        var first = withChoice ? Expression() : Or();
        if (!Is(",")) return first;
        List<Expression> items = [first];
        while (Skip(","))
        {
            if (Current.Kind is PieceKind.OutputEnd or PieceKind.BlockEnd || Is(")") || Is("=")) break;
            items.Add(withChoice ? Expression() : Or());
        }

        return new ListOf(line, items, isTuple: true);
    }

    private Expression Expression()
    {
        Deepen();
        var line = Current.Line;
        var value = Or();
        while (Skip("if"))
        {
            var condition = Or();
            value = new Choice(line, condition, value, Skip("else") ? Expression() : null);
        }

        _depth--;
        return value;
    }

    private Expression Or()
    {
        var left = And();
        while (Is("or")) left = new Logical(Next().Line, isAnd: false, left, And());
        return left;
    }

    private Expression And()
    {
        var left = Not();
        while (Is("and")) left = new Logical(Next().Line, isAnd: true, left, Not());
        return left;
    }

    private Expression Not()
    {
        Deepen();
        var value = Is("not") ? new Unary(Next().Line, "not", Not()) : Compared();
        _depth--;
        return value;
    }

    private Expression Compared()
    {
        var line = Current.Line;
        var first = Sum();
        List<(string, Expression)> others = [];
        while (true)
        {
            if (Current is { Kind: PieceKind.Operator, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" }) others.Add((Next().Text, Sum()));
            else if (Skip("in")) others.Add(("in", Sum()));
            else if (Is("not") && _pieces[_at + 1] is { Kind: PieceKind.Name, Text: "in" })
            {
                _at += 2;
                others.Add(("not in", Sum()));
            }
            else return others.Count == 0 ? first : new Comparison(line, first, others);
        }
    }

    private Expression Sum()
    {
        var left = Concatenation();
        while (Is("+") || Is("-"))
        {
            var name = Next();
            left = new Binary(name.Line, name.Text, left, Concatenation());
        }

        return left;
    }

    private Expression Concatenation()
    {
        var left = Product();
        while (Is("~")) left = new Binary(Next().Line, "~", left, Product());
        return left;
    }

    private Expression Product()
    {
        var left = Power();
        while (Is("*") || Is("/") || Is("//") || Is("%"))
        {
            var name = Next();
            left = new Binary(name.Line, name.Text, left, Power());
        }

        return left;
    }

    private Expression Power()
    {
        var left = Signed(withFilters: true);
        while (Is("**")) left = new Binary(Next().Line, "**", left, Signed(withFilters: true));
        return left;
    }

    private Expression Signed(bool withFilters)
    {
        Deepen();
        var line = Current.Line;
        var value = Is("-") || Is("+") ? new Unary(line, Next().Text, Signed(withFilters: false)) : Postfixed(Primary());
        _depth--;
        return withFilters ? FiltersAndTests(value) : value;
    }

    private Expression Primary()
    {
        var piece = Current;
        if (piece.Kind == PieceKind.Literal)
        {
            _at++;
            var value = piece.Value;
            while (value is string text && Current.Value is string more)
            {
                value = text + more;
                _at++;
            }

            return new Constant(piece.Line, value);
        }

        if (piece.Kind == PieceKind.Name)
        {
            _at++;
            return piece.Text switch
            {
                "true" or "True" => new Constant(piece.Line, true),
                "false" or "False" => new Constant(piece.Line, false),
                "none" or "None" => new Constant(piece.Line, null),
                _ => new NameOf(piece.Line, piece.Text),
            };
        }

        if (Skip("("))
        {
            var inner = Skip(")") ? null : Tuple();
            if (inner is null) return new ListOf(piece.Line, [], isTuple: true);
            Expect(")");
            return inner;
        }

        if (Skip("[")) return new ListOf(piece.Line, Items("]"));
        if (!Skip("{")) throw Unexpected("an expression");
        List<(Expression, Expression)> entries = [];
        while (!Skip("}"))
        {
            if (entries.Count > 0) Expect(",");
            if (Skip("}")) break;
            var key = Expression();
            Expect(":");
            entries.Add((key, Expression()));
        }

        return new MapOf(piece.Line, entries);
    }

    private List<Expression> Items(string end)
    {
        List<Expression> items = [];
        while (!Skip(end))
        {
            if (items.Count > 0) Expect(",");
            if (Skip(end)) break;
            items.Add(Expression());
        }

        return items;
    }

    private Expression Postfixed(Expression value)
    {
        while (true)
        {
            var line = Current.Line;
            if (Skip("."))
            {
                var key = Current.Value is long ? Next().Value : Name();
                value = new Member(line, value, new Constant(line, key), isAttribute: true);
            }
            else if (Skip("[")) value = Subscript(line, value);
            else if (Is("(")) value = new Call(line, value, CallArguments());
            else return value;
        }
    }

    private Expression Subscript(int line, Expression value)
    {
        Expression? start = null, stop = null, step = null;
        if (!Is(":"))
        {
            start = Expression();
            if (Skip("]")) return new Member(line, value, start, isAttribute: false);
        }

        Expect(":");
        if (!Is(":") && !Is("]")) stop = Expression();
        if (Skip(":") && !Is("]")) step = Expression();
        Expect("]");
        return new Slice(line, value, start, stop, step);
    }

    private CallArguments CallArguments()
    {
        Expect("(");
        List<Expression> positional = [];
        List<(string, Expression)> named = [];
        while (!Skip(")"))
        {
            if (positional.Count + named.Count > 0) Expect(",");
            if (Skip(")")) break;
            if (Current.Kind == PieceKind.Name && _pieces[_at + 1] is { Kind: PieceKind.Operator, Text: "=" })
            {
                var name = Name();
                _at++;
                named.Add((name, Expression()));
            }
            else positional.Add(Expression());
        }

        return new(positional, named);
    }

    private Expression FiltersAndTests(Expression value)
    {
        while (true)
        {
            var line = Current.Line;
            if (Skip("|"))
            {
                var name = Name();
                value = new Filter(line, name, value, Is("(") ? CallArguments() : new([], []));
            }
            else if (Skip("is"))
            {
                var isNegated = Skip("not");
                var name = Name();
                value = new Test(line, name, value, TestArguments(), isNegated);
            }
            else if (Is("(")) value = new Call(line, value, CallArguments());
            else return value;
        }
    }

    /// <summary>A test takes arguments in brackets, or one without.</summary>
    private CallArguments TestArguments()
    {
        if (Is("(")) return CallArguments();
        var begins = Current.Kind == PieceKind.Literal || Is("[") || Is("{") ||
            (Current.Kind == PieceKind.Name && Current.Text is not ("else" or "or" or "and" or "is" or "if" or "in" or "not"));
        return begins ? new([Postfixed(Primary())], []) : new([], []);
    }
}
