using Jtfa.Language.Decoding;

namespace Jtfa.Language.Serving;

/// <summary>
/// What is guessed of a text before a step. The text takes what it would have chosen without: each text token is chosen as ever from the
/// logits before it, and the step has given one more for each guess that was right. So the text is the same with and without guesses, and
/// for a guess without chance a choice by chance takes it as often as by the rule of Leviathan et al. (2023): with probability p.
/// </summary>
internal sealed class Draft
{
    private readonly NgramDrafter _drafter = new();
    private readonly int[] _tokens;
    private int _most;

    /// <param name="longest">Text tokens that are guessed at once, at most.</param>
    /// <param name="prompt">How the text begins.</param>
    public Draft(int longest, IReadOnlyList<int> prompt)
    {
        (_tokens, _most) = (new int[1 + longest], longest);
        foreach (var token in prompt) _drafter.Append(token);
    }

    /// <summary>How many are guessed in this step.</summary>
    public int Count { get; private set; }

    /// <summary>The last text token of the text, and the guessed ones.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, 1 + Count);

    /// <summary>Guesses what follows.</summary>
    /// <param name="last">The text's last text token.</param>
    /// <param name="most">How many may be guessed.</param>
    public void Propose(int last, int most)
    {
        _tokens[0] = last;
        most = Math.Min(most, _most);
        Count = most > 0 ? _drafter.Propose(_tokens.AsSpan(1, most)) : 0;
    }

    /// <summary>Guesses nothing in this step.</summary>
    public void Withdraw() => Count = 0;

    /// <summary>Learns how the text went on.</summary>
    /// <param name="token">What was chosen.</param>
    /// <param name="at">How many were chosen in this step before it.</param>
    /// <returns>Whether it was guessed, so that the next can be chosen, too.</returns>
    public bool Accept(int token, int at)
    {
        _drafter.Append(token);
        return at < Count && _tokens[1 + at] == token;
    }

    /// <summary>Ends a step: wrong guesses make the next ones fewer, right ones more.</summary>
    /// <param name="accepted">How many were right.</param>
    public void Close(int accepted)
    {
        if (Count > 0) _most = Math.Min(_tokens.Length - 1, accepted == Count ? 2 * (_most + 1) : accepted + 1);
        Count = 0;
    }
}
