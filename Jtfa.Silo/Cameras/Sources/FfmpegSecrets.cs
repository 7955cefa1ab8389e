using System.Text;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// The secrets among the words of one ffmpeg's command line. ffmpeg repeats parts of it in its messages, not always as parts of an address,
/// so these are looked for as they are.
/// </summary>
internal sealed class FfmpegSecrets
{
    // Shorter ones are parts of other words.
    private const int Shortest = 4;

    private readonly string[] _secrets;

    /// <summary>Finds them.</summary>
    /// <param name="words">The command line, one argument a word.</param>
    public FfmpegSecrets(IReadOnlyList<string> words)
    {
        var found = new HashSet<string>();
        for (var i = 0; i < words.Count; i++)
        {
            foreach (var secret in Of(i > 0 && words[i - 1] is ['-', ..] option && Secrets.IsSecret(option), words[i]))
            {
                found.Add(secret);
                found.Add(Uri.UnescapeDataString(secret));
                found.Add(Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(secret))));
            }
        }

        _secrets = [.. found.Where(secret => secret.Length >= Shortest).OrderByDescending(secret => secret.Length)];
    }

    /// <summary>A text of ffmpeg's without them, and without those that <see cref="Secrets.Mask"/> knows.</summary>
    public string Mask(string text) =>
        Secrets.Mask(_secrets.Aggregate(text, (shown, secret) => shown.Replace(secret, Secrets.Hidden, StringComparison.Ordinal)));

    private static IEnumerable<string> Of(bool isSecret, string word)
    {
        // A header's value, too, and what follows a scheme such as Basic.
        if (isSecret)
        {
            yield return word;
            foreach (var line in word.Split(["\r\n", "\n", "\\r\\n"], StringSplitOptions.RemoveEmptyEntries))
            {
                var value = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
                yield return value;
                yield return value[(value.LastIndexOf(' ') + 1)..];
            }
        }

        foreach (var address in word.Split('|'))
        {
            var userInfo = Secrets.UserInfoOf(address);
            yield return userInfo;
            yield return userInfo[(userInfo.IndexOf(':', StringComparison.Ordinal) + 1)..];
        }

        foreach (var pair in word.Split(['?', '&', ';', '#', '/']))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && Secrets.IsSecret(Uri.UnescapeDataString(pair[..equals]))) yield return pair[(equals + 1)..];
        }
    }
}
