using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Jtfa.Cli.Help;
using Jtfa.Silo;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa certificates</c>: an authority and a certificate for each silo, for TLS between silos and with clients.</summary>
internal static class CertificatesCommand
{
    private const string Authority = "authority";

    private static readonly Argument<string[]> s_names = new("name")
    {
        Description = "A silo's or a client's name: its certificate is in NAME.pem, the private key in NAME.key.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<DirectoryInfo> s_out = new("--out")
    {
        Description = $"The folder; with {Authority}.pem and .key in it, these sign.",
        DefaultValueFactory = _ => new DirectoryInfo("certificates"),
    };

    private static readonly Option<int> s_days =
        new("--days") { Description = "How long they are valid.", DefaultValueFactory = _ => 3650 };

    public static Command Create()
    {
        var command = new Command(
            "certificates", "Make the certificates by which the silos of a cluster know each other (docs/cluster.md).")
        {
            s_names, s_out, s_days,
        };
        command.SetAction(parsed => Make(parsed.GetValue(s_names)!, parsed.GetValue(s_out)!, parsed.GetValue(s_days)));
        return command.WithExamples("jtfa certificates fusion-1 fusion-2 door --out certificates");
    }

    private static int Make(string[] names, DirectoryInfo folder, int days)
    {
        if (days is < 1 or > 36_500) throw new UsageException($"--days {days}: allowed is 1 … 36500");
        foreach (var name in names)
        {
            if (name.Length == 0 || name == Authority || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
                throw new UsageException($"'{name}': allowed is a name of letters, digits, '-', '.' and '_', other than {Authority}");
            if (File.Exists(Path.Combine(folder.FullName, $"{name}.pem")))
                throw new UsageException($"{folder}/{name}.pem is there already: delete it, or choose another name");
        }

        try
        {
            folder.Create();
            using var authority = OpenAuthority(folder, days);
            foreach (var name in names) Issue(authority, folder, name, days);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException($"--out {folder}: {fault.Message.ReplaceLineEndings(" ")}");
        }

        Console.Out.WriteLine($"{folder}: {Authority}.pem for every machine; of {string.Join(", ", names)} the .pem and .key for its own");
        return 0;
    }

    private static X509Certificate2 OpenAuthority(DirectoryInfo folder, int days)
    {
        var file = Path.Combine(folder.FullName, Authority);
        if (File.Exists($"{file}.pem")) return X509Certificate2.CreateFromPemFile($"{file}.pem", $"{file}.key");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=JTFA cluster authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(days));
        SecretFile.Create($"{file}.key", key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText($"{file}.pem", $"{authority.ExportCertificatePem()}\n");
        return authority;
    }

    private static void Issue(X509Certificate2 authority, DirectoryInfo folder, string name, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], critical: false)); // server and client
        var until = DateTimeOffset.UtcNow.AddDays(days);
        using var certificate = request.Create(
            authority, DateTimeOffset.UtcNow.AddHours(-1), until < authority.NotAfter ? until : authority.NotAfter,
            RandomNumberGenerator.GetBytes(16));
        SecretFile.Create(Path.Combine(folder.FullName, $"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(folder.FullName, $"{name}.pem"), $"{certificate.ExportCertificatePem()}\n");
    }
}
