using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Jtfa.Cli.Help;
using Jtfa.Core;
using Jtfa.Interfaces;
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
    public static Command Create()
    {
        var command = new Command(
            "doctor", "Say which versions of Orleans and ONNX Runtime run, and check model, ffmpeg and kernel settings.");
        command.SetAction(async (_, cancellationToken) =>
        {
            (bool Ok, string Subject, string Finding)[] checks = [Engine(), Onnx(), Model(), await FfmpegAsync(cancellationToken),
                ReceiveBuffer(), Http(), Cluster(), Machine()];
            foreach (var (ok, subject, finding) in checks)
                await Console.Out.WriteLineAsync($"{(ok ? "ok  " : "!   ")}{subject,-14}{finding}");
            return checks.All(check => check.Ok) ? 0 : Faults.FaultExitCode;
        });
        return command.WithExamples("jtfa doctor");
    }

    private static (bool Ok, string Subject, string Finding) Engine() => (true, "Orleans", VersionOf(typeof(Grain)));

    private static (bool, string, string) Onnx()
    {
        try
        {
            return (true, "ONNX Runtime", OrtEnv.Instance().GetVersionString());
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException or OnnxRuntimeException)
        {
            return (false, "ONNX Runtime", $"does not load: {(exception.InnerException ?? exception).Message.ReplaceLineEndings(" ")}");
        }
    }

    private static (bool, string, string) Model()
    {
        try
        {
            var head = FusionHead.Load(SceneHeads.Shipped);
            var folder = Path.GetDirectoryName(SceneHeads.Shipped)!;
            return (true, "model", $"{ModelDescription.Load(folder).Name}: tokens of {head.Dimension} numbers, {head.Classes} classes");
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or CameraFaultException)
        {
            return (false, "model", exception.Message);
        }
    }

    private static async Task<(bool, string, string)> FfmpegAsync(CancellationToken cancellationToken)
    {
        try
        {
            var version = await FfmpegVersion.OfAsync(new CameraOptions().Ffmpeg, cancellationToken);
            return version.IsTooOld
                ? (false, "ffmpeg", $"{version.Line}: too old, {FfmpegVersion.Oldest} or later is needed (apt-get install ffmpeg)")
                : (true, "ffmpeg", version.Line);
        }
        catch (CameraFaultException exception) when (exception.InnerException is System.ComponentModel.Win32Exception)
        {
            return (true, "ffmpeg", "not installed: needed for real cameras and image folders only (apt-get install ffmpeg)");
        }
        catch (CameraFaultException exception)
        {
            return (false, "ffmpeg", exception.Message);
        }
    }

    private static (bool, string, string) ReceiveBuffer()
    {
        const string setting = "/proc/sys/net/core/rmem_max";
        if (!File.Exists(setting)) return (true, "UDP buffer", "this system does not tell its limit");
        var limit = long.Parse(File.ReadAllText(setting), CultureInfo.InvariantCulture);
        return (true, "UDP buffer", limit >= 4 << 20 || Environment.IsPrivilegedProcess
            ? $"net.core.rmem_max is {limit}{(limit < 4 << 20 ? "; as root the silo goes beyond it" : "")}"
            : $"net.core.rmem_max is {limit}: bursts above some 250 tokens may be dropped; 'sysctl -w net.core.rmem_max=8388608' helps");
    }

    // By the configuration that a silo started in this folder would have.
    private static (bool, string, string) Http()
    {
        var options = SiloConfiguration.Read([], file: null).GetSection(HttpOptions.Section).Get<HttpOptions>() ?? new HttpOptions();
        var file = Path.GetFullPath(options.TokenFile);
        try
        {
            return (true, "HTTP", File.Exists(file)
                ? $"callers from other machines show the token {SecretFile.Read(file) ?? "(none: the next start makes one)"} (in {file})"
                : $"on {options.Address} port {options.Port}; beyond loopback the first start makes a token, in {file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return (false, "HTTP", exception.Message.ReplaceLineEndings(" "));
        }
    }

    private static (bool, string, string) Cluster()
    {
        var options = SiloConfiguration.Read([], file: null).GetSection(SiloClusterOptions.Section).Get<SiloClusterOptions>()
            ?? new SiloClusterOptions();
        try
        {
            var secret = options.Secret.Length > 0 ? options.Secret
                : File.Exists(options.SecretFile) ? SecretFile.Read(options.SecretFile) : null;
            return (true, "cluster", secret is null
                ? "its first silo makes a secret, from which the clients' comes"
                : $"clients of the cluster show the client secret {new ClusterSecret(secret).ClientSecret}");
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            return (false, "cluster", exception.Message.ReplaceLineEndings(" "));
        }
    }

    private static (bool, string, string) Machine() => (true, "machine",
        $"{Environment.ProcessorCount} cores, {RuntimeInformation.RuntimeIdentifier}, .NET {Environment.Version}");

    // The version of its package; what follows it is the commit.
    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', ' ')[0].TrimEnd('.');
}
