using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Jtfa.Cli.Doctor;
using Jtfa.Cli.Help;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Language.Kernels;
using Jtfa.Silo;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Http;
using Jtfa.Silo.Scenes;
using Microsoft.Extensions.Configuration;
using Microsoft.ML.OnnxRuntime;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa doctor</c>: what this build and this machine have, and what to do about what they lack.</summary>
internal static class DoctorCommand
{
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object, with the ports one by one." };

    public static Command Create()
    {
        var command = new Command(
            "doctor",
            "Say which versions of Orleans and ONNX Runtime run, check model, ffmpeg, language models' kernels and system settings, " +
            "whether a silo runs here, and who has the ports that one takes. Exit code 1 where something is amiss.")
        {
            s_asJson,
        };
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa doctor", "jtfa doctor --json");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (ports, silo, faults) = await SurroundingsAsync(cancellationToken);
        DoctorCheck[] checks =
        [
            Engine(), Onnx(), Model(), Kernels(), await FfmpegAsync(cancellationToken), ReceiveBuffer(), Http(), Cluster(), .. faults,
            Machine(),
        ];
        var ok = checks.All(check => check.Ok);
        if (parsed.GetValue(s_asJson))
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { ok, checks, ports, silo }, JtfaJson.Options));
        }
        else
        {
            foreach (var check in checks)
                await Console.Out.WriteLineAsync($"{(check.Ok ? "ok  " : "!   ")}{check.Subject,-14}{check.Finding}");
        }

        return ok ? 0 : Faults.FaultExitCode;
    }

    // By the configuration that a silo started in this folder would have.
    private static async Task<(IReadOnlyList<SiloPort> Ports, AnsweringSilo? Silo, IReadOnlyList<DoctorCheck> Checks)> SurroundingsAsync(
        CancellationToken cancellationToken)
    {
        try
        {
            var configuration = SiloConfiguration.Read([], file: null);
            var ports = SiloPort.All(configuration);
            var http = configuration.GetSection(HttpOptions.Section).Get<HttpOptions>() ?? new HttpOptions();
            var silo = http is { Enabled: true, Port: > 0 } ? await AnsweringSilo.FindAsync(http, cancellationToken) : null;
            return (ports, silo, [SiloCheck(silo), PortCheck(ports, silo)]);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            return ([], null, [new(false, "ports", $"the configuration is wrong: {exception.Message.ReplaceLineEndings(" ")}")]);
        }
    }

    private static DoctorCheck SiloCheck(AnsweringSilo? silo) => silo switch
    {
        null => new(true, "silo", "it would serve no HTTP at a port that is known, so none is looked for"),
        { Answers: true } => new(silo.Ready, "silo", $"answers at {silo.Address}: {silo.Says}"),
        _ => new(true, "silo", $"none runs at {silo.Address}: {silo.Says}"),
    };

    private static DoctorCheck PortCheck(IReadOnlyList<SiloPort> ports, AnsweringSilo? silo)
    {
        // The process that answers is known by the port of its page. Other users' processes are not seen: then the silo may well have them.
        var page = ports.FirstOrDefault(port => port.Option == "--http")?.Holder;
        bool IsTheSilos(SiloPort port) => silo is { Answers: true } && (port.Holder is null || port.Holder == page);
        var findings = ports.GroupBy(port => port.IsFree ? "are free" : IsTheSilos(port) ? $"are that silo's{Name(port.Holder)}" : null)
            .SelectMany(group => group.Key is { } state ? [$"{string.Join(", ", group)} {state}"] : group.Select(InUse));
        return new(ports.All(port => port.IsFree || IsTheSilos(port)), "ports", string.Join("; ", findings));
    }

    private static string InUse(SiloPort port)
    {
        var holder = port.Holder?.ToString() ?? "a process that this user may not see";
        return $"{port} is in use by {holder}: stop it, or choose another ({port.Option})";
    }

    private static string Name(PortHolder? holder) => holder is null ? "" : $", {holder}";

    private static DoctorCheck Engine() => new(true, "Orleans", VersionOf(typeof(Grain)));

    private static DoctorCheck Onnx()
    {
        try
        {
            OnnxRuntimeTelemetry.TurnOff();
            return new(true, "ONNX Runtime", OrtEnv.Instance().GetVersionString());
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException or OnnxRuntimeException)
        {
            return new(false, "ONNX Runtime", $"does not load: {(exception.InnerException ?? exception).Message.ReplaceLineEndings(" ")}");
        }
    }

    private static DoctorCheck Model()
    {
        try
        {
            var head = FusionHead.Load(SceneHeads.Shipped);
            var folder = Path.GetDirectoryName(SceneHeads.Shipped)!;
            return new(true, "model", $"{ModelDescription.Load(folder).Name}: tokens of {head.Dimension} numbers, {head.Classes} classes");
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or CameraFaultException)
        {
            return new(false, "model", exception.Message);
        }
    }

    private static DoctorCheck Kernels()
    {
        try
        {
            var chosen = Instructions.Chosen;
            var differing = KernelCheck.Differing(chosen);
            return differing.Count == 0
                ? new(true, "kernels", $"{chosen}: every format of weights gives the numbers that it gives on other machines")
                : new(false, "kernels", $"{chosen} computes {string.Join(", ", differing)} otherwise than other machines: "
                    + $"set {Instructions.Variable}=plain, which is slow, and report it");
        }
        catch (Exception exception) when (exception is KernelException or IOException or UnauthorizedAccessException)
        {
            return new(false, "kernels", exception.Message.ReplaceLineEndings(" "));
        }
    }

    private static async Task<DoctorCheck> FfmpegAsync(CancellationToken cancellationToken)
    {
        try
        {
            var version = await FfmpegVersion.OfAsync(new CameraOptions().Ffmpeg, cancellationToken);
            return version.IsTooOld
                ? new(false, "ffmpeg", $"{version.Line}: too old, {FfmpegVersion.Oldest} or later is needed (apt-get install ffmpeg)")
                : new(true, "ffmpeg", version.Line);
        }
        catch (CameraFaultException exception) when (exception.InnerException is System.ComponentModel.Win32Exception)
        {
            return new(true, "ffmpeg", "not installed: needed for real cameras and image folders only (apt-get install ffmpeg)");
        }
        catch (CameraFaultException exception)
        {
            return new(false, "ffmpeg", exception.Message);
        }
    }

    private static DoctorCheck ReceiveBuffer()
    {
        const string setting = "/proc/sys/net/core/rmem_max";
        if (!File.Exists(setting)) return new(true, "UDP buffer", "this system does not tell its limit");
        var limit = long.Parse(File.ReadAllText(setting), CultureInfo.InvariantCulture);
        return new(true, "UDP buffer", limit >= 4 << 20 || Environment.IsPrivilegedProcess
            ? $"net.core.rmem_max is {limit}{(limit < 4 << 20 ? "; as root the silo goes beyond it" : "")}"
            : $"net.core.rmem_max is {limit}: bursts above some 250 tokens may be dropped; 'sysctl -w net.core.rmem_max=8388608' helps");
    }

    // By the configuration that a silo started in this folder would have.
    private static DoctorCheck Http()
    {
        var options = SiloConfiguration.Read([], file: null).GetSection(HttpOptions.Section).Get<HttpOptions>() ?? new HttpOptions();
        var file = Path.GetFullPath(options.TokenFile);
        try
        {
            return new(true, "HTTP", File.Exists(file)
                ? $"callers from other machines show the token {SecretFile.Read(file) ?? "(none: the next start makes one)"} (in {file})"
                : $"on {options.Address} port {options.Port}; beyond loopback the first start makes a token, in {file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return new(false, "HTTP", exception.Message.ReplaceLineEndings(" "));
        }
    }

    private static DoctorCheck Cluster()
    {
        var options = SiloConfiguration.Read([], file: null).GetSection(SiloClusterOptions.Section).Get<SiloClusterOptions>()
            ?? new SiloClusterOptions();
        try
        {
            var secret = options.Secret.Length > 0 ? options.Secret
                : File.Exists(options.SecretFile) ? SecretFile.Read(options.SecretFile) : null;
            return new(true, "cluster", secret is null
                ? "its first silo makes a secret, from which the clients' comes"
                : $"clients of the cluster show the client secret {new ClusterSecret(secret).ClientSecret}");
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            return new(false, "cluster", exception.Message.ReplaceLineEndings(" "));
        }
    }

    private static DoctorCheck Machine() => new(true, "machine",
        $"{Environment.ProcessorCount} cores, {RuntimeInformation.RuntimeIdentifier}, .NET {Environment.Version}");

    // The version of its package; what follows it is the commit.
    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', ' ')[0].TrimEnd('.');
}

/// <summary>What the doctor found.</summary>
/// <param name="Ok">Whether it is as it should be.</param>
/// <param name="Subject">Of what.</param>
/// <param name="Finding">The finding, and what to do.</param>
internal sealed record DoctorCheck(bool Ok, string Subject, string Finding);
