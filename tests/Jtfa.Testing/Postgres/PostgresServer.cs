using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Npgsql;

namespace Jtfa.Testing.Postgres;

/// <summary>
/// A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, on a free port of the loopback, as durable as a real
/// one. It ends with the test process, however that ends.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The superuser's password, which no message may show.</summary>
    public const string Password = "open-sesame";

    private const string User = "jtfa";

    // The shell that the server is a child of reads the signal to send it. When the test process dies it reads the end of the file
    // instead, and cleans up.
    private const string Watch = """
        exec 2>/dev/null; folder=$1; shift
        "$@" 2>&1 </dev/null & server=$!
        if read -r signal; then kill -s "$signal" $server; wait $server; else kill -s QUIT $server; wait $server; rm -rf "$folder"; fi
        """;

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private readonly string _folder;
    private Process? _shell;
    private Channel<string> _output = Channel.CreateUnbounded<string>();

    private PostgresServer(string folder, int port) => (_folder, Port) = (folder, port);

    /// <summary>Why there can be no server here; null when there can.</summary>
    public static string? Missing { get; } = Binaries() is null
        ? "PostgreSQL is not installed (Debian: postgresql)."
        : Environment.IsPrivilegedProcess && !OperatingSystem.IsLinux() ? "PostgreSQL does not run as superuser." : null;

    public int Port { get; }

    /// <summary>A server with a new, empty cluster.</summary>
    public static async Task<PostgresServer> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-postgres-").FullName;
        var server = new PostgresServer(folder, FreePort());
        try
        {
            var passwordFile = Path.Combine(folder, "password");
            await File.WriteAllTextAsync(passwordFile, Password, cancellationToken);
            if (Environment.IsPrivilegedProcess) await RunAsync(["chown", "-R", "postgres", folder], cancellationToken);
            await RunAsync(
                [
                    .. AsUser, Binary("initdb"), "-D", server.Data, "-U", User, "-A", "scram-sha-256", "--pwfile", passwordFile,
                    "-E", "UTF8", "--no-locale", "--no-sync",
                ],
                cancellationToken);
            File.Delete(passwordFile);
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server after <see cref="StopAsync"/> or <see cref="KillAsync"/>; completes when it takes connections.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_deadline);
        while (true)
        {
            Launch();
            var said = new List<string>();
            await foreach (var line in _output.Reader.ReadAllAsync(deadline.Token))
            {
                said.Add(line);
                if (line.Contains("ready to accept connections", StringComparison.Ordinal)) return;
            }

            // Processes that a killed server left go by themselves, but not at once.
            if (!said.Any(line => line.Contains("shared memory block", StringComparison.Ordinal)))
                throw new InvalidOperationException($"PostgreSQL did not start: {string.Join(" | ", said)}");
        }
    }

    /// <summary>Stops the server in order, ending every connection at once (PostgreSQL's fast shutdown).</summary>
    public Task StopAsync() => EndAsync("INT");

    /// <summary>Kills the server's first process; the others notice.</summary>
    public Task KillAsync() => EndAsync("KILL");

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken, string options = "")
    {
        var name = $"test_{Guid.NewGuid():N}";
        await ExecuteAsync($"CREATE DATABASE {name} {options}", cancellationToken);
        return ConnectionString(name);
    }

    /// <summary>Runs a statement as superuser in the database that every cluster has.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public string ConnectionString(string database, string user = User, string password = Password) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Database={database};Username={user};Password={password}");

    /// <summary>The same over the server's socket file, which network namespaces share.</summary>
    public string SocketConnectionString(string connectionString) =>
        connectionString.Replace("Host=127.0.0.1", $"Host={_folder}", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await EndAsync("QUIT");
        Directory.Delete(_folder, recursive: true);
    }

    private static string[] AsUser =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];

    private string Data => Path.Combine(_folder, "data");

    private static string? Binaries() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                .LastOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")));

    private static string Binary(string name) => Path.Combine(Binaries()!, name);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task RunAsync(string[] command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command[0]} failed: {string.Concat(said)}");
    }

    private void Launch()
    {
        string[] settings = ["listen_addresses=127.0.0.1", $"unix_socket_directories={_folder}", "lc_messages=C", "max_connections=40"];
        string[] server =
        [
            .. AsUser, Binary("postgres"), "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture),
            .. settings.SelectMany(setting => new[] { "-c", setting }),
        ];
        var output = _output = Channel.CreateUnbounded<string>();
        var start = new ProcessStartInfo("/bin/sh", ["-c", Watch, "sh", _folder, .. server])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        _shell?.Dispose();
        _shell = new Process { StartInfo = start };
        _shell.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) output.Writer.Complete();
            else output.Writer.TryWrite(line.Data);
        };
        _shell.Start();
        _shell.BeginOutputReadLine();
    }

    private async Task EndAsync(string signal)
    {
        if (_shell is null) return;
        using var deadline = new CancellationTokenSource(s_deadline);
        if (!_shell.HasExited) await _shell.StandardInput.WriteLineAsync(signal.AsMemory(), deadline.Token);
        await _shell.StandardInput.FlushAsync(deadline.Token);
        await _shell.WaitForExitAsync(deadline.Token);
        _shell.Dispose();
        _shell = null;
    }
}
