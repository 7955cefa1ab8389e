using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Jtfa.Silo.Tests.Notifications;

/// <summary>Debian's mosquitto on a free port of the loopback, with a user and a password; it ends with the test.</summary>
internal sealed class Broker : IAsyncDisposable
{
    public const string User = "jtfa";
    public const string Password = "open-sesame";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-broker-");
    private readonly string _config;
    private ProgramRun? _run;

    private Broker(bool encrypted)
    {
        // It gives up the rights of root unless it is told not to, and then cannot read a folder of root's.
        List<string> lines = ["user root", $"listener {Port} 127.0.0.1", "allow_anonymous false", $"password_file {this["users"]}"];
        if (encrypted)
        {
            WriteCertificates();
            lines.AddRange([$"certfile {this["broker.pem"]}", $"keyfile {this["broker.key"]}"]);
        }

        _config = this["mosquitto.conf"];
        File.WriteAllLines(_config, lines);
    }

    /// <summary>Why there can be no broker here; null when there can.</summary>
    public static string? Missing { get; } = Find("mosquitto") is null || Find("mosquitto_sub") is null || Find("mosquitto_passwd") is null
        ? "mosquitto is not installed (Debian: mosquitto, mosquitto-clients)."
        : null;

    public int Port { get; } = FreePorts.Next();

    /// <summary>The certificate of who signed the broker's.</summary>
    public string CaFile => this["ca.pem"];

    private string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>A broker that is not started.</summary>
    public static async Task<Broker> MakeAsync(bool encrypted = false)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        var broker = new Broker(encrypted);
        var made = await ProgramRun.ToEndAsync(new ProcessStartInfo(
            Find("mosquitto_passwd")!, ["-b", "-c", broker["users"], User, Password]));
        Assert.True(made.ExitCode == 0, made.ToString());
        return broker;
    }

    public static async Task<Broker> StartAsync(bool encrypted = false)
    {
        var broker = await MakeAsync(encrypted);
        await broker.StartAsync();
        return broker;
    }

    public async Task StartAsync()
    {
        _run = new ProgramRun(new ProcessStartInfo(Find("mosquitto")!, ["-c", _config]));
        await _run.Errors.MatchAsync("mosquitto version .* running");
    }

    /// <summary>Ends it at once; what it retained is gone.</summary>
    public async Task KillAsync()
    {
        await _run!.DisposeAsync();
        _run = null;
    }

    /// <summary>The settings of a silo that tells it; others win.</summary>
    public (string Key, string Value)[] Settings(params (string Key, string Value)[] others) =>
    [
        .. new (string Key, string Value)[]
        {
            ("Jtfa:Mqtt:Server", $"mqtt://127.0.0.1:{Port}"), ("Jtfa:Mqtt:User", User), ("Jtfa:Mqtt:Password", Password),
            ("Jtfa:Mqtt:ClientId", "silo"),
        }.ExceptBy(others.Select(other => other.Key), setting => setting.Key),
        .. others,
    ];

    /// <summary>A subscriber of another make: a line a message, <c>topic retained payload</c>.</summary>
    public ProgramRun Subscribe(string topic, params string[] options) => new(new ProcessStartInfo(
        Find("mosquitto_sub")!, [.. Address, "-t", topic, "-F", "%t %r %p", .. options]));

    /// <summary>Connects as another client of the silo's name, whom the broker takes for the silo's successor.</summary>
    public async Task TakeOverAsync()
    {
        var end = await ProgramRun.ToEndAsync(new ProcessStartInfo(
            Find("mosquitto_pub")!, [.. Address, "-i", "silo", "-t", "elsewhere", "-m", "x"]));
        Assert.True(end.ExitCode == 0, end.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (_run is not null) await _run.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private string[] Address => File.Exists(CaFile)
        ? ["-h", "localhost", "-p", $"{Port}", "-u", User, "-P", Password, "--cafile", CaFile]
        : ["-h", "127.0.0.1", "-p", $"{Port}", "-u", User, "-P", Password];

    private static string? Find(string program) =>
        new[] { "/usr/sbin", "/usr/bin", "/usr/local/bin" }.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private void WriteCertificates()
    {
        var now = DateTimeOffset.UtcNow;
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new CertificateRequest("CN=The test's", caKey, HashAlgorithmName.SHA256);
        ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var signer = ca.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var own = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        own.CertificateExtensions.Add(names.Build());
        using var certificate = own.Create(signer, now.AddDays(-1), now.AddDays(1), [1]);
        File.WriteAllText(CaFile, signer.ExportCertificatePem());
        File.WriteAllText(this["broker.pem"], certificate.ExportCertificatePem());
        File.WriteAllText(this["broker.key"], key.ExportPkcs8PrivateKeyPem());
    }
}
