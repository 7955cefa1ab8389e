using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Jtfa.Interfaces;

/// <summary>
/// Puts <c>***</c> in the place of passwords in addresses and options, before they are logged, thrown, kept in a status or shown: the
/// user-info of an address, the values of query keys that sound like a secret, header lines that carry one, passwords of connection
/// strings. It is for text of any kind, and rather hides too much than too little.
/// </summary>
public static partial class Secrets
{
    /// <summary>What stands in a secret's place.</summary>
    public const string Hidden = "***";

    private static readonly SearchValues<char> s_afterAddress = SearchValues.Create("\r\n\"'<>`");
    private static readonly SearchValues<char> s_afterValue = SearchValues.Create("&;# \t\r\n\"'");

    private static readonly string[] s_within =
        ["pass", "pwd", "psw", "secret", "token", "auth", "cred", "signature", "session", "jwt", "hmac", "cookie"];

    private static readonly string[] s_atEnd = ["key", "keys", "sig", "pas", "pw", "psk", "sid", "pin", "code", "headers"];

    /// <summary>The text without its secrets.</summary>
    public static string Mask(string text)
    {
        if (text.AsSpan().IndexOfAny('=', ':') < 0) return text;
        var shown = Header().Replace(WithoutUserInfo(text), $"${{name}}: {Hidden}");
        return WithoutValues(ConnectionPassword().Replace(shown, $"${{name}}={Hidden}"));
    }

    /// <summary>A line of options, such as <c>-f mjpeg -password x</c>, without the values of those that sound like a secret.</summary>
    public static string MaskOptions(string line) => Mask(Option().Replace(line, option =>
        IsSecret(option.Groups["name"].Value) ? $"{option.Groups["name"]} {Hidden}" : option.Value));

    /// <summary>Whether a key's or an option's name sounds like that of a secret.</summary>
    public static bool IsSecret(string name)
    {
        var letters = string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
        return s_within.Any(letters.Contains) || s_atEnd.Any(word => letters.EndsWith(word, StringComparison.Ordinal));
    }

    /// <summary>The user-info of an address that stands alone, such as <c>user:password</c>; empty where it has none.</summary>
    public static string UserInfoOf(string address)
    {
        var begin = BeginOfAuthority(address, 0);
        return begin < 0 ? "" : address.Substring(begin, UserInfoLength(address.AsSpan(begin)));
    }

    private static string WithoutUserInfo(string text)
    {
        var shown = new StringBuilder();
        var from = 0;
        for (var begin = BeginOfAuthority(text, 0); begin >= 0; begin = BeginOfAuthority(text, begin))
        {
            var length = UserInfoLength(text.AsSpan(begin, LengthOfAddress(text.AsSpan(begin))));
            if (length == 0) continue;
            shown.Append(text, from, begin - from).Append(Hidden);
            begin = from = begin + length;
        }

        return from == 0 ? text : shown.Append(text, from, text.Length - from).ToString();
    }

    private static string WithoutValues(string text)
    {
        var shown = new StringBuilder();
        var from = 0;
        foreach (Match key in Key().Matches(text))
        {
            if (key.Index < from || !IsSecret(Uri.UnescapeDataString(key.Value))) continue;
            var value = key.Index + key.Length;
            shown.Append(text, from, value - from).Append(Hidden);
            var length = text.AsSpan(value).IndexOfAny(s_afterValue);
            from = length < 0 ? text.Length : value + length;
        }

        return from == 0 ? text : shown.Append(text, from, text.Length - from).ToString();
    }

    // Where the next address's host or user-info begins: after scheme://, or scheme:/ as paths are written that were made of an address.
    private static int BeginOfAuthority(string text, int from)
    {
        var colon = text.IndexOf(":/", from, StringComparison.Ordinal);
        while (colon >= 0 && (colon < 2 || !char.IsAsciiLetterOrDigit(text[colon - 1])))
            colon = text.IndexOf(":/", colon + 1, StringComparison.Ordinal);
        if (colon < 0) return -1;
        var begin = colon + 1;
        while (begin < text.Length && text[begin] is '/' or '\\') begin++;
        return begin;
    }

    // Up to a quote or where the next address begins; up to a blank, too, unless that would be within a password.
    private static int LengthOfAddress(ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAny(s_afterAddress);
        if (end >= 0) rest = rest[..end];
        var next = rest.IndexOf("://", StringComparison.Ordinal);
        while (next > 0 && (char.IsAsciiLetterOrDigit(rest[next - 1]) || rest[next - 1] is '+' or '-' or '.')) next--;
        if (next >= 0) rest = rest[..next];
        var blank = rest.IndexOfAny(' ', '\t');
        if (blank < 0) return rest.Length;
        var at = rest[..blank].LastIndexOf('@');
        return at < 0 ? (IsHost(rest[..blank]) ? blank : rest.Length) : BeginsHost(rest[(at + 1)..blank]) ? blank : rest.Length;
    }

    // Everything before the host's '@'. A password may hold an '@' or a '/' that was not escaped, so of several the last one counts; after
    // '?' and '#' they count only where what comes before cannot be a host.
    private static int UserInfoLength(ReadOnlySpan<char> address)
    {
        if (!AuthorityOf(address).Contains('@')) return IsHost(address) ? 0 : Math.Max(0, address.LastIndexOf('@'));
        var path = address.IndexOfAny('?', '#') is >= 0 and var query ? address[..query] : address;
        var at = path.LastIndexOf('@');
        return BeginsHost(path[(at + 1)..]) ? at : address.LastIndexOf('@');
    }

    private static ReadOnlySpan<char> AuthorityOf(ReadOnlySpan<char> address) =>
        address.IndexOfAny('/', '?', '#') is >= 0 and var end ? address[..end] : address;

    // Whether an address without user-info begins with a host, and a port if any; a sentence may go on after it.
    private static bool IsHost(ReadOnlySpan<char> address)
    {
        var host = AuthorityOf(address);
        if (host.Length == address.Length)
        {
            host = host.TrimEnd(",.;)…");
            if (host.EndsWith(':') && host[..^1].Contains(':')) host = host[..^1];
        }

        if (host.StartsWith('[')) host = host[(host.IndexOf(']') + 1)..];
        var colon = host.IndexOf(':');
        return colon < 0 || (colon + 1 < host.Length && !host[(colon + 1)..].ContainsAnyExceptInRange('0', '9'));
    }

    private static bool BeginsHost(ReadOnlySpan<char> rest) =>
        !rest.IsEmpty && (char.IsAsciiLetterOrDigit(rest[0]) || (rest[0] == '[' && rest.Contains(']')));

    [GeneratedRegex(
        """\b(?<name>(proxy-)?authorization|(set-)?cookie|x-[\w-]*(key|token|auth|secret)[\w-]*)(?>\s*:\s*)(?!\w+ <)[^\r\n"']+""",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Header();

    [GeneratedRegex("""(?<=^|[;\s"'])(?<name>password|pwd|passphrase)\s*=\s*("[^"]*"|'[^']*'|[^;"'\r\n]*)""",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex ConnectionPassword();

    [GeneratedRegex("""(?<=[?&;/_,|])[^=?&;/,|#\s'"]{1,100}=""")]
    private static partial Regex Key();

    [GeneratedRegex("""(?<=^|\s)(?<name>--?[A-Za-z_][\w:-]*)\s+("[^"]*("|$)|'[^']*('|$)|\S+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Option();
}
