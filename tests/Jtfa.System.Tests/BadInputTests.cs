using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Jtfa.System.Tests.Stage;
using Microsoft.Data.Sqlite;

namespace Jtfa.System.Tests;

/// <summary>
/// Whatever is wrong, the user gets an exit code and one line a fault: it names the thing and says what is allowed or to do.
/// </summary>
public sealed class BadInputTests : IDisposable
{
    private const int Fault = 1;
    private const int Usage = 2;
    private const int CannotStart = 2;

    private readonly Workspace _workspace = new();

    /// <summary>Command line, then what its lines on standard error must have in them: one entry a line, words separated by '|'.</summary>
    public static TheoryData<string, string[]> WrongValues => new()
    {
        { "silo --head head.npz --k 5 --n 4", ["--k 5:|1 … N (4)"] },
        { "silo --head head.npz --k 0 --n 300 --timeout -1", ["--n 300|1 … 256", "--k 0|1 … N", "--timeout -1|60000"] },
        { "silo --head head.npz --k-min 4", ["--k-min 4|1 … K (3)"] },
        { "silo --head head.npz --timeout-mode soon", ["--timeout-mode soon|Fixed, Adaptive"] },
        { "silo --head head.npz --keying Foo", ["--keying Foo|Timestamp, Sequence, Arrival"] },
        { "silo --head head.npz --scene a/b", ["--scene a/b|without '/'"] },
        { "silo --head none.npz", ["--head none.npz|no such file"] },
        { "silo --head head.npz --port 70000", ["--port 70000|0 … 65535"] },
        { "silo --head head.npz --port abc", ["--port abc|a whole number"] },
        { "silo --head head.npz --bind nowhere", ["--bind nowhere|an IP address"] },
        { "silo --head head.npz --db .", ["--db .|a file"] },
        { "silo --head head.npz --k 1 --set Jtfa:Scenes:0:K=9", ["Jtfa:Scenes:0:K=9|1 … N (4)"] },
        { "silo --head head.npz --set Jtfa:Ingress:MaxAge=-1", ["Jtfa:Ingress:MaxAge=-1|above 0 … 3600000"] },
        { "silo --head head.npz --set Jtfa:Ingress:BatchSize=1.5", ["Jtfa:Ingress:BatchSize='1.5'|a whole number"] },
        { "silo --head head.npz --set Jtfa:Log:Durability=Maybe", ["Jtfa:Log:Durability='Maybe'|Group, Sync"] },
        { "silo --head head.npz --set Jtfa:Log:RetentionAge=old", ["Jtfa:Log:RetentionAge='old'|a time span"] },
        { "silo --head head.npz --set Jtfa:Ingress:MaxAgee=1", ["Jtfa:Ingress:MaxAgee|no such setting|MaxAge,"] },
        { "silo --head head.npz --set Jtfa:Ingres:MaxAge=1", ["Jtfa:Ingres:|no such setting|Ingress"] },
        { "silo --head head.npz --set Jtfa:Log:Pth=x.db", ["Jtfa:Log:Pth|no such setting|Path"] },
        { "silo --head head.npz --set Jtfa:Scenes:0:Timout=1", ["Jtfa:Scenes:0:Timout|no such setting|T,"] },
        { "silo --head head.npz --set Jtfa:Cameras:0:Source:Kid=1", ["Jtfa:Cameras:0:Source:Kid|no such setting|Kind"] },
        { "silo --head head.npz --set Jtfa:Ingress:MaxAge", ["--set Jtfa:Ingress:MaxAge|Key=Value"] },
        { "silo --head head.npz --config none.json", ["configuration:|none.json|not found"] },
        { "silo --head head.npz --role camera", ["--role camera:|cluster"] },
        { "silo --head head.npz --role boss", ["--role boss|Camera, Fusion, Both, Language"] },
        { "silo --head head.npz --role camera,language", ["--role camera,language:|cluster"] },
        { "silo --head head.npz --threads -1", ["--threads -1|1 … 1024"] },
        { "silo --head head.npz --memory 2GB", ["--memory 2GB|512MiB or 2GiB"] },
        { "silo --head head.npz --memory 0MiB", ["--memory 0MiB|512MiB or 2GiB"] },
        { "silo --head head.npz --plan none.txt", ["--plan none.txt|it cannot be read"] },
        { "silo --head head.npz --silo-port 0 --client-port " +
            "70000", ["--silo-port 0|1 … 65535", "--client-port 70000|1 … 65535"] },
        { "silo --head head.npz --address here --http there", ["--address here|an IP address"] },
        { "silo --head head.npz --http there:-1", ["--http there:-1|an IP address", "--http there:-1|0 … 65535"] },
        { "silo --nonsense 5 --k x", ["--nonsense 5|jtfa silo --help", "--k x|a whole number"] },
        { "silo --port", ["--port|missing"] },
        { "nonsense", ["nonsense|jtfa --help"] },
        { "bench", ["Required command|jtfa bench --help"] },
        { "bench ingest --rate abc", ["--rate abc|1 … 1000000 or max"] },
        { "bench ingest --thin 2", ["--thin 2|0 … 1"] },
        { "bench ingest --seconds 0", ["--seconds 0|above 0 … 3600"] },
        { "bench ingest --mode zfp", ["--mode zfp|Plain, PsMix, HMix"] },
        { "bench ingest --timeout 0 --linger x", ["--linger x|a number"] },
        { "demo --seconds 0", ["--seconds 0|above 0 … 86400"] },
        { "demo --rate 0", ["--rate 0|… 1000"] },
        { "demo --k 5", ["--k 5:|1 … N (4)"] },
        { "camera", ["--source|required|jtfa camera --help"] },
        { "camera --source Foo", ["--source Foo|Idx, Images, Ffmpeg, Replay, Random"] },
        { "camera --source random --rate abc", ["--rate abc|a number"] },
        { "camera --source random --to nowhere --view -1", ["--view -1|0 or more", "--to nowhere|host:port"] },
        { "camera --source random --rate 0", ["--rate 0|above 0 … 1000"] },
        { "camera --source random --dimension 0 --camera a/b", ["--camera a/b|without '/'", "--dimension 0|1 … 1024"] },
        { "camera --source random --seconds -1", ["--seconds -1|above 0"] },
        { "camera --source replay", ["--path is empty|Replay"] },
        { "camera --source ffmpeg --path a.mp4 --stall-timeout 1", ["--stall-timeout 1|100 … 86400000"] },
        { "camera --source random --views none.json", ["none.json"] },
        { "decisions --db a.db --connection Host=a", ["--connection|without --db"] },
        { "decisions --connection Host=a;Password=open-sesame", ["Jtfa:Log:ConnectionString|Host=<host>;Database=<name>"] },
        { "silo --head head.npz --set Jtfa:Log:Provider=Postgres", ["Jtfa:Log:ConnectionString|Host=<host>;Database=<name>"] },
        { "decisions --format xml", ["--format xml|Table, Csv, Json"] },
        { "decisions --since yesterday", ["--since yesterday|2026-11-21T10:00:00Z|15m"] },
        { "decisions --since -5m", ["--since -5m|15m"] },
        { "decisions --last -1", ["--last -1|0 or more"] },
        { "decisions --since 5m --follow", ["--since|without --last and --follow"] },
        { "decisions --log --db a.db", ["--log|without --db and --connection"] },
        { "decisions --db a.db --server http://127.0.0.1:1", ["--server|without --db, --connection and --log"] },
        { "decisions --log --scene a --scene b", ["--scene|once"] },
        { "decisions --log --cause K", ["--cause|without --db, --connection and --log"] },
        { "decisions --cause X", ["--cause X|K, T"] },
        { "decisions --json --format csv", ["--json|without --format"] },
        { "decisions --server ftp://fusion.local", ["--server ftp://fusion.local|http://fusion.local:5080"] },
        { "cameras --server ://", ["--server ://|http://fusion.local:5080"] },
        { "scene set lobby", ["scene set|--k, --n, --timeout"] },
        { "scene set lobby --beta warm", ["--beta warm|a number or 'head'"] },
        { "scene set lobby --timeout soon", ["--timeout soon|a number"] },
        { "scene set lobby --k-min few", ["--k-min few|a number of views or 'none'"] },
        { "scene set lobby --timeout-max later", ["--timeout-max later|a number"] },
        { "scene set lobby --keying Colour", ["--keying Colour|Timestamp, Sequence, Arrival"] },
        { "model collect --class red", ["--path|required|jtfa model collect --help"] },
        { "model collect --path a.mp4 --class a/b", ["--class 'a/b'|without '/'"] },
        { "model collect --path a.mp4 --class red --source replay", ["--source Replay|Ffmpeg, Images"] },
        { "model collect --path a.mp4 --class red --rate 0", ["--rate 0|above 0 … 1000"] },
        { "model collect --path a.mp4 --class red --from 3", ["--from 3|files alone"] },
        { "model collect --path a.mp4 --class red --pixels Bytes", ["--pixels|with an ONNX file as --backbone"] },
        { "model load", ["Required argument|jtfa model load --help"] },
        { "chat --temperature 200", ["--temperature 200|0 … 100"] },
        { "chat --seed -1", ["--seed -1|0 or more"] },
        { "chat --max-tokens 0", ["--max-tokens 0|1 or more"] },
        { "chat --context 1", ["--context 1|32 or more"] },
        { "chat --threads 0", ["--threads 0|1 … 256"] },
        { "chat --model none.gguf --threads x", ["--threads x|a whole number"] },
        { "chat --server ftp://fusion.local", ["--server ftp://fusion.local|http://fusion.local:5080"] },
        { "chat --server http://127.0.0.1:1 --context 100", ["--context|not with --server"] },
        { "generate --server http://127.0.0.1:1 --draft a --lookup", ["--draft, --lookup|not with --server"] },
        { "generate --server http://127.0.0.1:1 --top-p 2", ["--top-p 2|0 … 1"] },
        { "model fit --out m --dimension 0", ["--dimension 0|1 … 1024"] },
        { "model fit --out m --scene a/b", ["--scene 'a/b'|without '/'"] },
    };

    public void Dispose() => _workspace.Dispose();

    [Theory(Timeout = 120_000), MemberData(nameof(WrongValues))]
    public async Task A_wrong_value_is_named_with_what_is_allowed(string commandLine, string[] lines)
    {
        _workspace.WriteHead();
        AssertTells(await RunAsync(commandLine), Usage, lines);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("model fit --out m", "no collection in 'collection'|jtfa model collect --backbone")]
    [InlineData("model collect --path a.mp4 --class red", "no collection in 'collection'|--backbone")]
    [InlineData("model collect --path a.mp4 --class red --backbone b.onnx", "b.onnx|does not exist|--backbone")]
    [InlineData("model try a.png --model none", "none/model.json|does not exist")]
    public async Task What_a_model_cannot_be_made_of_is_named(string commandLine, string line) =>
        AssertTells(await RunAsync(commandLine), Fault, line);

    [Theory(Timeout = 120_000)]
    [InlineData("Jtfa__Ingress__MaxAge", "abc", "Jtfa:Ingress:MaxAge='abc'|a number")]
    [InlineData("Jtfa__Ingress__MaxAeg", "5", "Jtfa:Ingress:MaxAeg|no such setting")]
    public async Task A_wrong_value_in_the_environment_is_named(string variable, string value, string line)
    {
        _workspace.WriteHead();
        AssertTells(await RunAsync("silo --head head.npz", start => start.Environment[variable] = value), Usage, line);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("""{ "Jtfa": """, "configuration:|JSON")]
    [InlineData("""{ "Jtfa": { "Scenes": [ { "K": "many" } ] } }""", "Jtfa:Scenes:0:K='many'|a whole number")]
    [InlineData("""{ "Jtfa": { "Ingress": { "Adress": "127.0.0.1" } } }""", "Jtfa:Ingress:Adress|Address")]
    public async Task A_wrong_appsettings_file_is_told_of(string content, string line)
    {
        _workspace.WriteHead();
        _workspace.Write("appsettings.json", content);
        AssertTells(await RunAsync("silo --head head.npz"), Usage, line);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_head_that_is_none_is_named()
    {
        _workspace.Write("head.npz", "not a zip file");
        AssertTells(await RunAsync("silo --head head.npz"), CannotStart, $"{_workspace["head.npz"]}|Jtfa:Scenes");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_port_in_use_is_named()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;
        _workspace.WriteHead();
        AssertTells(await RunAsync($"silo --head head.npz --port {port}"), CannotStart, $"127.0.0.1:{port} is in use|--port");
    }

    /// <summary>Ports that Orleans and the web server would listen on.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("--silo-port {0}", "--silo-port|Jtfa:Cluster:SiloPort")]
    [InlineData("--client-port {0}", "--client-port|Jtfa:Cluster:ClientPort")]
    [InlineData("--http 127.0.0.1:{0}", "--http|Jtfa:Http:Port")]
    public async Task A_TCP_port_in_use_is_named(string option, string words)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        _workspace.WriteHead();
        var end = await RunAsync($"silo --head head.npz --port 0 {option.Replace("{0}", $"{port}")}");
        AssertTells(end, CannotStart, $"TCP 127.0.0.1:{port} is in use|{words}");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_silo_of_Jtfa_Silo_says_the_same()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;
        var busy = await SiloAsync($"--Jtfa:Ingress:Sockets:0:Port={port}");
        AssertTells(busy, CannotStart, $"127.0.0.1:{port} is in use|Jtfa:Ingress:Sockets");
        AssertTells(await SiloAsync("--Jtfa:Scenes:0:K=5"), CannotStart, "Jtfa:Scenes:0:K=5|1 … N (4)");
        AssertTells(await SiloAsync("--scene lobby"), CannotStart, "--scene|--Key=Value", "lobby|--Key=Value");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_database_that_cannot_be_written_is_named()
    {
        // Root may write everywhere, but not into a file as if it were a folder.
        _workspace.WriteHead();
        _workspace.Write("file", "");
        var end = await RunAsync("silo --head head.npz --port 0 --db file/jtfa.db");
        AssertTells(end, CannotStart, $"{_workspace["file/jtfa.db"]}|folder cannot be made|--db");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_that_is_no_database_is_named_and_left_alone()
    {
        _workspace.WriteHead();
        var content = string.Concat(Enumerable.Repeat("this is no database\n", 1000));
        _workspace.Write("notes.txt", content);
        var end = await RunAsync("silo --head head.npz --port 0 --db notes.txt");
        AssertTells(end, CannotStart, $"{_workspace["notes.txt"]}|not a SQLite database|--db");
        AssertTells(await RunAsync("decisions --db notes.txt"), Fault, $"{_workspace["notes.txt"]}|not a SQLite database");
        Assert.Equal(content, await File.ReadAllTextAsync(_workspace["notes.txt"], TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_database_of_a_newer_program_is_named_and_left_alone()
    {
        _workspace.WriteHead();
        using (var connection = new SqliteConnection($"Data Source={_workspace.Database};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = """
                CREATE TABLE schema_version (version INTEGER PRIMARY KEY, script TEXT, applied TEXT);
                INSERT INTO schema_version VALUES (99, '0099_future.sql', '2036-01-01T00:00:00Z');
                """;
            command.ExecuteNonQuery();
        }

        AssertTells(await RunAsync("silo --head head.npz --port 0"), CannotStart, $"{_workspace.Database}|version 99|newer program");
        AssertTells(await RunAsync("decisions --log"), Fault, $"{_workspace.Database}|version 99|newer program");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_database_of_the_engine_before_Orleans_is_named_with_what_to_do()
    {
        _workspace.WriteHead();
        using (var connection = new SqliteConnection($"Data Source={_workspace.Database};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE grain_state (grain TEXT)";
            command.ExecuteNonQuery();
        }

        AssertTells(await RunAsync("silo --head head.npz --port 0"), CannotStart, $"{_workspace.Database}|DROP TABLE grain_state");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_PostgreSQL_that_is_not_there_is_named_without_its_password()
    {
        _workspace.WriteHead();
        var connection = $"Host=127.0.0.1;Port={FreePorts.Next()};Database=jtfa;Username=jtfa;Password=open-sesame";
        foreach (var (section, option) in new[]
        {
            ("Cluster", "--cluster postgres --address 127.0.0.1"), ("Log", "--set Jtfa:Log:Provider=Postgres"),
        })
        {
            var end = await RunAsync(
                $"silo --head head.npz --port 0 --set Jtfa:Cluster:DatabaseWait=00:00:00 {option}",
                start => start.Environment[$"Jtfa__{section}__ConnectionString"] = connection);
            AssertTells(end, CannotStart, $"/jtfa: it cannot be reached|Jtfa:{section}:ConnectionString");
            Assert.DoesNotContain("open-sesame", end.Errors[0]);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_span_file_that_cannot_be_written_is_named()
    {
        _workspace.WriteHead();
        var end = await RunAsync($"silo --head head.npz --port 0 --set Jtfa:Telemetry:SpanFile={_workspace["none/spans.jsonl"]}");
        AssertTells(end, CannotStart, $"{_workspace["none/spans.jsonl"]}|cannot be opened|name another");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_missing_log_is_named_and_not_made()
    {
        AssertTells(await RunAsync("decisions --db none.db"), Fault, $"{_workspace["none.db"]}|start a silo");
        AssertTells(await RunAsync("decisions --db none.db --follow"), Fault, $"{_workspace["none.db"]}|start a silo");
        Assert.False(File.Exists(_workspace["none.db"]));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_missing_model_folder_is_named() =>
        AssertTells(await RunAsync("camera --source idx --path images --model none"), Fault, $"{_workspace["none"]}|does not exist|Model");

    [Fact(Timeout = 120_000)]
    public async Task A_corrupt_backbone_is_named()
    {
        var model = _workspace.WriteModel(backbone: [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 37))]);
        var end = await RunAsync("camera --source idx --path images --model model");
        AssertTells(end, Fault, $"{Path.Combine(model, "backbone.onnx")}|cannot be used|export it again");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_missing_ffmpeg_is_named_with_how_to_get_it()
    {
        _workspace.WriteModel();
        var end = await RunAsync(
            "camera --source ffmpeg --path a.mp4 --model model", start => start.Environment["PATH"] = _workspace["empty"]);
        AssertTells(end, Fault, "ffmpeg|install");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("none.mp4", "none.mp4|No such file")]
    [InlineData("notes.mp4", "notes.mp4|Invalid data found")]
    [InlineData("nobody", "nobody|No such file")]
    [InlineData("htp://127.0.0.1/cam", "refuses its options|Protocol not found|--path")]
    public async Task A_film_that_cannot_be_played_is_named(string path, string words)
    {
        SkipWithoutFfmpeg();
        _workspace.WriteModel();
        _workspace.Write("notes.mp4", "no film");
        AssertTells(await RunAsync($"camera --source ffmpeg --path {path} --model model"), Fault, words);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_image_that_cannot_be_read_is_named()
    {
        SkipWithoutFfmpeg();
        _workspace.WriteModel();
        Directory.CreateDirectory(_workspace["images"]);
        _workspace.Write("images/broken.png", "not a picture");
        var end = await RunAsync("camera --source images --path images --model model");
        AssertTells(end, Fault, "images|'broken.png' (its content is no PNG|--path");
    }

    [Fact(Timeout = 120_000)]
    public async Task Verbose_shows_the_whole_exception_and_ends_with_the_same_line_and_code()
    {
        _workspace.WriteHead();
        _workspace.Write("notes.txt", string.Concat(Enumerable.Repeat("this is no database\n", 1000)));
        var end = await RunAsync("silo --head head.npz --port 0 --db notes.txt --verbose");
        Assert.Equal(CannotStart, end.ExitCode);
        Assert.Contains(end.Errors, line => line.StartsWith("   at ", StringComparison.Ordinal));
        Assert.StartsWith($"jtfa: {_workspace["notes.txt"]}", end.Errors[^1]);
    }

    private static void SkipWithoutFfmpeg()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipUnless(
            folders.Any(folder => File.Exists(Path.Combine(folder, "ffmpeg"))), "ffmpeg is not installed (apt-get install ffmpeg)");
    }

    private static void AssertTells(ProgramEnd end, int exitCode, params string[] lines)
    {
        Assert.True(end.ExitCode == exitCode && end.Errors.Length == lines.Length && end.Output.Length == 0, end.ToString());
        foreach (var (line, words) in end.Errors.Zip(lines))
        {
            Assert.StartsWith("jtfa: ", line);
            Assert.All(words.Split('|'), word => Assert.Contains(word, line));
            Assert.DoesNotContain("   at ", line);
            Assert.DoesNotContain("Exception", line);
        }
    }

    private Task<ProgramEnd> SiloAsync(string commandLine)
    {
        var start = ProgramRun.StartOf(_workspace, commandLine.Split(' '));
        var jtfa = start.ArgumentList.First(argument => argument.EndsWith("jtfa-lab.dll", StringComparison.Ordinal));
        start.ArgumentList[start.ArgumentList.IndexOf(jtfa)] = Path.Combine(AppContext.BaseDirectory, "Jtfa.Silo.dll");
        return ProgramRun.ToEndAsync(start);
    }

    private async Task<ProgramEnd> RunAsync(string commandLine, Action<ProcessStartInfo>? prepare = null)
    {
        var start = ProgramRun.StartOf(_workspace, commandLine.Split(' '));
        prepare?.Invoke(start);
        return await ProgramRun.ToEndAsync(start);
    }
}
