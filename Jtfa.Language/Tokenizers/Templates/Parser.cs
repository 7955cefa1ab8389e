namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>Reads a template: statements here, expressions in the other part.</summary>
internal sealed partial class Parser
{
    private const int MaxDepth = 200;

    private readonly List<Piece> _pieces;
    private int _at;
    private int _loops;
    private int _depth;

    private Parser(List<Piece> pieces) => _pieces = pieces;

    private Piece Current => _pieces[_at];

    /// <summary>Reads all of a template.</summary>
    /// <exception cref="TemplateException">It is no template, or uses what is not supported.</exception>
    public static List<Statement> Parse(string source)
    {
        var parser = new Parser(Lexer.Cut(source));
        return parser.Body([]);
    }

    private Piece Next() => _pieces[_at++];

    private bool Is(string text) => Current.Kind is PieceKind.Name or PieceKind.Operator && Current.Text == text;

    private bool Skip(string text)
    {
        if (!Is(text)) return false;
        _at++;
        return true;
    }

    private void Expect(string text)
    {
        if (!Skip(text)) throw Unexpected($"'{text}'");
    }

    private string Name() => Current.Kind == PieceKind.Name ? Next().Text : throw Unexpected("a name");

    private TemplateException Unexpected(string expected) => new(Current.Line, $"expected is {expected}, not '{Current.Text}'");

    private void EndBlock()
    {
        if (Current.Kind != PieceKind.BlockEnd) throw Unexpected("'%}'");
        _at++;
    }

    /// <summary>Statements up to one of some keywords; the keyword is read, the rest of its block is not.</summary>
    private List<Statement> Body(ReadOnlySpan<string> ends) => Body(ends, out _);

    private List<Statement> Body(ReadOnlySpan<string> ends, out string end)
    {
        Deepen();
        var body = BodyHere(ends, out end);
        _depth--;
        return body;
    }

    /// <summary>Counts how deeply blocks and expressions are nested: the stack is bounded.</summary>
    private void Deepen()
    {
        if (++_depth > MaxDepth) throw new TemplateException(Current.Line, "it is nested too deeply");
    }

    private List<Statement> BodyHere(ReadOnlySpan<string> ends, out string end)
    {
        List<Statement> body = [];
        while (true)
        {
            var piece = Next();
            switch (piece.Kind)
            {
                case PieceKind.Data: body.Add(new Copy(piece.Text)); break;
                case PieceKind.OutputBegin:
                    body.Add(new Output(Tuple()));
                    if (Current.Kind != PieceKind.OutputEnd) throw Unexpected("'}}'");
                    _at++;
                    break;
                case PieceKind.BlockBegin:
                    var line = Current.Line;
                    var keyword = Name();
                    if (ends.Contains(keyword))
                    {
                        end = keyword;
                        return body;
                    }

                    body.Add(Block(line, keyword));
                    break;
                default:
                    end = "";
                    _at--;
                    return ends.IsEmpty ? body : throw Unexpected($"'{ends[^1]}'");
            }
        }
    }

    private Statement Block(int line, string keyword)
    {
        switch (keyword)
        {
            case "if": return IfBlock();
            case "for": return ForBlock(line);
            case "set": return SetBlock(line);
            case "macro": return MacroBlock();
            case "filter":
                var filters = FilterChain();
                EndBlock();
                return new Filtered(filters, Closed("endfilter"));
            case "generation":
                EndBlock();
                return new Group(Closed("endgeneration"));
            case "break" or "continue":
                if (_loops == 0) throw new TemplateException(line, $"'{keyword}' stands in no loop");
                EndBlock();
                return new Jump(keyword == "break" ? Flow.Break : Flow.Continue);
            default: throw new TemplateException(line, $"the statement '{keyword}' is not supported");
        }
    }

    private List<Statement> Closed(string end)
    {
        var body = Body([end]);
        EndBlock();
        return body;
    }

    private If IfBlock()
    {
        List<(Expression?, List<Statement>)> branches = [];
        Expression? condition = Expression();
        while (true)
        {
            EndBlock();
            var body = condition is null ? Body(["endif"], out var end) : Body(["elif", "else", "endif"], out end);
            branches.Add((condition, body));
            if (end == "endif") break;
            condition = end == "elif" ? Expression() : null;
        }

        EndBlock();
        return new If(branches);
    }

    private For ForBlock(int line)
    {
        var target = Target();
        Expect("in");
        var over = Tuple(withChoice: false);
        var condition = Skip("if") ? Expression() : null;
        if (Is("recursive")) throw new TemplateException(line, "a recursive loop is not supported");
        EndBlock();
        _loops++;
        var body = Body(["else", "endfor"], out var end);
        _loops--;
        List<Statement> otherwise = [];
        if (end == "else")
        {
            EndBlock();
            otherwise = Body(["endfor"]);
        }

        EndBlock();
        return new For(line, target, over, condition, body, otherwise);
    }

    private Set SetBlock(int line)
    {
        var target = Target();
        if (Skip("="))
        {
            var value = Tuple();
            EndBlock();
            return new Set(line, target, value, null, []);
        }

        var filters = Skip("|") ? FilterChain() : [];
        EndBlock();
        return new Set(line, target, null, Closed("endset"), filters);
    }

    private Macro MacroBlock()
    {
        var name = Name();
        Expect("(");
        List<(string, Expression?)> parameters = [];
        while (!Skip(")"))
        {
            if (parameters.Count > 0) Expect(",");
            if (Skip(")")) break;
            var parameter = Name();
            parameters.Add((parameter, Skip("=") ? Expression() : null));
        }

        EndBlock();
        var loops = _loops;
        _loops = 0;
        var body = Closed("endmacro");
        _loops = loops;
        return new Macro(name, parameters, body);
    }

    private List<Filter> FilterChain()
    {
        List<Filter> filters = [];
        do
        {
            var line = Current.Line;
            var name = Name();
            filters.Add(new Filter(line, name, null, Is("(") ? CallArguments() : new([], [])));
        }
        while (Skip("|"));
        return filters;
    }

    /// <summary>Names that are set: a, (a, b), a.b.</summary>
    private Expression Target()
    {
        var line = Current.Line;
        if (Skip("("))
        {
            var inner = Target();
            Expect(")");
            return inner;
        }

        Expression first = new NameOf(line, Name());
        if (Skip(".")) return new Member(line, first, new Constant(line, Name()), isAttribute: true);
        if (!Is(",")) return first;
        List<Expression> names = [first];
        while (Skip(",") && Current.Kind == PieceKind.Name && !Is("in")) names.Add(new NameOf(line, Name()));
        return new ListOf(line, names);
    }
}
