using System.CommandLine;
using System.Globalization;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Cli.Commands;

/// <summary>Options of commands that run a silo, and the configuration keys that they set.</summary>
internal class SiloOptions
{
    private readonly List<(Option Option, Func<ParseResult, IEnumerable<KeyValuePair<string, string?>>> Keys)> _options = [];

    public SiloOptions()
    {
        Add<string?>(
            "--bind", "Address to take tokens on (default 127.0.0.1; :: for every network, 0.0.0.0 for those of IPv4).",
            "Jtfa:Ingress:Address");
        Port = Add<int?>("--port", "UDP port to take tokens on (default 5005; 0: any free one).", "Jtfa:Ingress:Sockets:0:Port");
        Scene = Add<string?>("--scene", "Name of the first scene (default: default).", "Jtfa:Scenes:0:Name");
        K = Add<int?>("--k", "Views needed: a window fires as soon as K are in (default 3).", "Jtfa:Scenes:0:K");
        N = Add<int?>("--n", "Views expected (default 4).", "Jtfa:Scenes:0:N");
        Add<double?>(
            "--timeout", "T: a window fires this long after its first token, whatever is in, milliseconds (default 120).",
            "Jtfa:Scenes:0:T");
        Add<WindowTimeout?>(
            "--timeout-mode", "Whether T is Fixed, or Adaptive: it follows how long views have taken of late (default Fixed).",
            "Jtfa:Scenes:0:Timeout");
        Add<int?>(
            "--k-min", "The fewest views that K falls to while cameras are silent (default: K is fixed).", "Jtfa:Scenes:0:KMin");
        Add<double?>("--window", "W: captures within this width belong to one decision, milliseconds (default 100).", "Jtfa:Scenes:0:W");
        Add<WindowKeying?>("--keying", "How tokens find their window (default Timestamp).", "Jtfa:Scenes:0:Keying");
        Add<FileInfo?>("--head", "The head.npz that decides (default: the shipped one).", "Jtfa:Scenes:0:Head");
        Add<FileInfo?>("--keys", "The file with the keys of the views, as 'jtfa key new' makes it.", "Jtfa:Keys:File");
        Add<TokenAuthentication?>(
            "--authentication", "Which tokens are taken, by their tags (default Open).",
            "Jtfa:Scenes:0:Authentication");
        Add<FileInfo?>("--db", "SQLite file of the decision log (default jtfa.db).", "Jtfa:Log:Path");
        Add<FileInfo?>("--csv", "Also append decisions to this CSV file.", "Jtfa:Log:Csv");
    }

    public Option<int?> Port { get; }

    public Option<string?> Scene { get; }

    public Option<int?> K { get; }

    public Option<int?> N { get; }

    public Option<FileInfo?> Config { get; } =
        new("--config") { Description = "A configuration file read after appsettings.json (docs/silo.md)." };

    public Option<string[]> Set { get; } = new("--set")
    {
        Description = "Set any configuration key: --set Jtfa:Ingress:MaxAge=5000 (repeatable).",
        AllowMultipleArgumentsPerToken = false,
    };

    public void AddTo(Command command)
    {
        foreach (var (option, _) in _options) command.Add(option);
        command.Add(Config);
        command.Add(Set);
    }

    /// <summary>The configuration that the command line gives.</summary>
    /// <exception cref="UsageException">A --set is not key=value.</exception>
    public Dictionary<string, string?> Configuration(ParseResult parsed)
    {
        var keys = _options.SelectMany(option => option.Keys(parsed)).ToDictionary();
        foreach (var pair in parsed.GetValue(Set) ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new UsageException($"--set {pair}: allowed is Key=Value, such as Jtfa:Ingress:MaxAge=5000");
            keys[pair[..equals]] = pair[(equals + 1)..];
        }

        return keys;
    }

    protected Option<T> Add<T>(string name, string description, string key) => Add<T>(
        name, description, value =>
            [new(key, value is FileInfo file ? file.FullName : Convert.ToString(value, CultureInfo.InvariantCulture))], key);

    protected Option<T> Add<T>(
        string name, string description, Func<T, IEnumerable<KeyValuePair<string, string?>>> keys, params string[] settings)
    {
        var option = new Option<T>(name) { Description = description };
        option.Sets(settings);
        _options.Add((option, parsed => parsed.GetValue(option) is { } value ? keys(value) : []));
        return option;
    }
}
