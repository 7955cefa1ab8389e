using System.Globalization;
using System.Text;
using Spectre.Console.Rendering;

namespace Jtfa.Cli.Chat;

/// <summary>
/// Reads lines of a terminal that can be edited, with earlier ones under the arrow keys. The runtime's own reading of lines knows no key
/// but backspace, and the console library in use asks questions without a history.
/// </summary>
/// <param name="prompt">What stands before a line.</param>
internal sealed class LineEditor(string prompt)
{
    private const int UsualWidth = 80;

    private readonly List<string> _history = [];
    private string _text = "";
    private string _unfinished = "";
    private int _at;
    private int _recalled;
    private int _row;

    /// <summary>Reads a line.</summary>
    /// <returns>The line; null where Ctrl-D, or Ctrl-C on an empty line, says that there is none any more.</returns>
    public string? Read()
    {
        (_text, _at, _row, _recalled, _unfinished) = ("", 0, 0, _history.Count, "");
        Console.TreatControlCAsInput = true;
        try
        {
            Draw();
            while (true)
            {
                var key = Console.ReadKey(intercept: true);
                if (key.Key == ConsoleKey.Enter) return Finish();
                var isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
                if (isControl && _text.Length == 0 && key.Key is ConsoleKey.C or ConsoleKey.D)
                {
                    Console.Out.WriteLine();
                    return null;
                }

                if (isControl) Control(key.Key);
                else if (!Move(key.Key) && !char.IsControl(key.KeyChar)) Insert(key.KeyChar);
                if (!Console.KeyAvailable) Draw();
            }
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    private string Finish()
    {
        _at = _text.Length;
        Draw();
        Console.Out.WriteLine();
        if (_text.Length > 0 && (_history.Count == 0 || _history[^1] != _text)) _history.Add(_text);
        return _text;
    }

    // As shells have it.
    private void Control(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.A: _at = 0; break;
            case ConsoleKey.E: _at = _text.Length; break;
            case ConsoleKey.B: _at = Before(); break;
            case ConsoleKey.F: _at = After(); break;
            case ConsoleKey.P: Recall(-1); break;
            case ConsoleKey.N: Recall(1); break;
            case ConsoleKey.D: Remove(_at, After()); break;
            case ConsoleKey.H: Remove(Before(), _at); break;
            case ConsoleKey.K: Remove(_at, _text.Length); break;
            case ConsoleKey.U: Remove(0, _at); break;
            case ConsoleKey.C: Remove(0, _text.Length); break;
            case ConsoleKey.W or ConsoleKey.Backspace: Remove(WordBefore(), _at); break;
            case ConsoleKey.LeftArrow: _at = WordBefore(); break;
            case ConsoleKey.RightArrow: _at = WordAfter(); break;
        }
    }

    private bool Move(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.LeftArrow: _at = Before(); return true;
            case ConsoleKey.RightArrow: _at = After(); return true;
            case ConsoleKey.Home: _at = 0; return true;
            case ConsoleKey.End: _at = _text.Length; return true;
            case ConsoleKey.UpArrow: Recall(-1); return true;
            case ConsoleKey.DownArrow: Recall(1); return true;
            case ConsoleKey.Backspace: Remove(Before(), _at); return true;
            case ConsoleKey.Delete: Remove(_at, After()); return true;
            default: return false;
        }
    }

    private void Insert(char letter)
    {
        _text = _text.Insert(_at, letter.ToString());
        _at++;
    }

    private void Remove(int from, int to) => (_text, _at) = (_text.Remove(from, to - from), from);

    private void Recall(int by)
    {
        var next = _recalled + by;
        if (next < 0 || next > _history.Count) return;
        if (_recalled == _history.Count) _unfinished = _text;
        _recalled = next;
        _text = next == _history.Count ? _unfinished : _history[next];
        _at = _text.Length;
    }

    // A letter as people see it may be several characters.
    private int After() => _at == _text.Length ? _at : _at + StringInfo.GetNextTextElementLength(_text, _at);

    private int Before()
    {
        var before = 0;
        for (var next = 0; next < _at; next += StringInfo.GetNextTextElementLength(_text, next)) before = next;
        return before;
    }

    private int WordBefore()
    {
        var at = _at;
        while (at > 0 && char.IsWhiteSpace(_text[at - 1])) at--;
        while (at > 0 && !char.IsWhiteSpace(_text[at - 1])) at--;
        return at;
    }

    private int WordAfter()
    {
        var at = _at;
        while (at < _text.Length && char.IsWhiteSpace(_text[at])) at++;
        while (at < _text.Length && !char.IsWhiteSpace(_text[at])) at++;
        return at;
    }

    // The whole line anew, which may take several rows; the cursor is in its row _row.
    private void Draw()
    {
        if (_at > 0 && char.IsHighSurrogate(_text[_at - 1])) return; // its other half comes with the next key
        var width = Console.WindowWidth is > 0 and var known ? known : UsualWidth;
        var ((endRow, endColumn), (row, column)) = (PlaceOf(_text, width), PlaceOf(_text[.._at], width));
        var drawing = new StringBuilder();
        Up(_row);
        drawing.Append("\r\e[J").Append(prompt).Append(_text);
        if (endColumn == 0 && endRow > 0) drawing.Append("\n\r"); // a terminal moves to the next row only with the next letter
        Up(endRow - row);
        drawing.Append('\r');
        if (column > 0) drawing.Append(CultureInfo.InvariantCulture, $"\e[{column}C");
        Console.Out.Write(drawing);
        _row = row;

        void Up(int rows)
        {
            if (rows > 0) drawing.Append(CultureInfo.InvariantCulture, $"\e[{rows}A");
        }
    }

    // Where the cursor is after a text that stands behind the prompt.
    private (int Row, int Column) PlaceOf(string text, int width)
    {
        var (row, column) = (0, prompt.Length);
        for (var next = 0; next < text.Length;)
        {
            var length = StringInfo.GetNextTextElementLength(text, next);
            var cells = new Segment(text.Substring(next, length)).CellCount();
            next += length;
            if (column + cells > width) (row, column) = (row + 1, 0);
            column += cells;
            if (column == width) (row, column) = (row + 1, 0);
        }

        return (row, column);
    }
}
