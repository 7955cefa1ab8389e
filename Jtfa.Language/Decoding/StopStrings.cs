using System.Runtime.InteropServices;
using System.Text;

namespace Jtfa.Language.Decoding;

/// <summary>
/// Turns a text's bytes into text as they come, up to the first stop string. What may be the begin of a stop string, or of a character,
/// is held back until that is decided. Of stop strings that end at the same byte, the longest counts. Bytes that are no UTF-8 become
/// U+FFFD. An automaton of all stop strings (Aho and Corasick 1975) looks at each byte once.
/// </summary>
public sealed class StopStrings
{
    private readonly int[] _next;
    private readonly int[] _depth;
    private readonly int[] _match;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly List<byte> _held = new(256);
    private char[] _text = new char[256];
    private int _state;

    /// <summary>At the begin of a text.</summary>
    /// <param name="stops">The stop strings; none of them is empty.</param>
    /// <exception cref="ArgumentException">One is empty, or they are longer than 65,536 bytes together.</exception>
    public StopStrings(IEnumerable<string> stops)
    {
        var patterns = stops.Select(Encoding.UTF8.GetBytes).ToList();
        if (patterns.Exists(pattern => pattern.Length == 0))
            throw new ArgumentException("A stop string is empty: leave it out.", nameof(stops));
        var bytes = patterns.Sum(pattern => pattern.Length);
        if (bytes > 65536) throw new ArgumentException($"Stop strings have {bytes} bytes together: allowed are 65536.", nameof(stops));
        (_next, _depth, _match) = (new int[256 * (bytes + 1)], new int[bytes + 1], new int[bytes + 1]);
        var states = 1;
        foreach (var pattern in patterns)
        {
            var state = 0;
            foreach (var value in pattern)
            {
                ref var next = ref _next[256 * state + value];
                if (next == 0) (next, _depth[states]) = (states++, _depth[state] + 1);
                state = next;
            }
            _match[state] = pattern.Length;
        }
        Complete();
    }

    /// <summary>Whether a stop string came; nothing more is given then.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Takes bytes.</summary>
    /// <param name="bytes">A text token's.</param>
    /// <returns>The text that is decided: no stop string and none that may become one. It is valid until the next call.</returns>
    public ReadOnlySpan<char> Append(ReadOnlySpan<byte> bytes)
    {
        if (IsStopped) return [];
        foreach (var value in bytes)
        {
            _state = _next[256 * _state + value];
            _held.Add(value);
            if (_match[_state] == 0) continue;
            IsStopped = true;
            return Decode(_held.Count - _match[_state], isEnd: true);
        }
        return Decode(_held.Count - _depth[_state], isEnd: false);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>What was held back. It is valid until the next call.</returns>
    public ReadOnlySpan<char> End() => IsStopped ? [] : Decode(_held.Count, isEnd: true);

    // Fills the ways back: where a byte does not go on, the longest end of what was read that begins a stop string does.
    private void Complete()
    {
        var (back, queue) = (new int[_depth.Length], new Queue<int>());
        queue.Enqueue(0);
        while (queue.TryDequeue(out var state))
        {
            _match[state] = Math.Max(_match[state], _match[back[state]]);
            for (var value = 0; value < 256; value++)
            {
                ref var next = ref _next[256 * state + value];
                var other = state == 0 ? 0 : _next[256 * back[state] + value];
                if (next == 0) next = other;
                else
                {
                    back[next] = other;
                    queue.Enqueue(next);
                }
            }
        }
    }

    private ReadOnlySpan<char> Decode(int count, bool isEnd)
    {
        if (_text.Length < count + 4) _text = new char[2 * (count + 4)];
        var bytes = CollectionsMarshal.AsSpan(_held)[..count];
        var length = _decoder.GetChars(bytes, _text, flush: isEnd);
        _held.RemoveRange(0, count);
        return _text.AsSpan(0, length);
    }
}
