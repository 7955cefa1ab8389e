using System.ComponentModel;
using System.Diagnostics;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>A running ffmpeg that writes raw frames to a pipe. Disposing it kills it and waits for its end.</summary>
public sealed class FfmpegProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly FfmpegSecrets _secrets;
    private readonly FfmpegVersion _version;
    private readonly FfmpegReport _report = new();
    private readonly Task _reporting;

    private FfmpegProcess(Process process, FfmpegVersion version)
    {
        _process = process;
        _secrets = new FfmpegSecrets(process.StartInfo.ArgumentList);
        _version = version;
        _reporting = ReportAsync(process.StandardError);
    }

    /// <summary>Operating system's number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>The frames: height × width × channels bytes each, one after another.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>Frames that it could not decode so far.</summary>
    public long DamagedFrames => _report.DamagedFrames;

    /// <summary>Starts ffmpeg, told to report errors only and to leave the terminal alone.</summary>
    /// <param name="program">The ffmpeg program: a name looked up in PATH, or a path.</param>
    /// <param name="arguments">Inputs, filters and outputs as a current ffmpeg knows them, one argument an element.</param>
    /// <param name="cancellationToken">Ends starting.</param>
    /// <exception cref="CameraFaultException">It cannot be started: mostly because it is not installed.</exception>
    public static async Task<FfmpegProcess> StartAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var version = await FfmpegVersion.OfAsync(program, cancellationToken);

        // "repeat": a line for each damaged frame, also where many are alike.
        string[] words = ["-hide_banner", "-loglevel", "repeat+error", "-nostdin", .. version.Adapt(arguments)];
        var start = new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
            return new FfmpegProcess(process, version);
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw FfmpegVersion.NotInstalled(program, e);
        }
    }

    /// <summary>Arguments that let ffmpeg scale frames and write their bytes, as fast as they come, to <see cref="Output"/>.</summary>
    /// <param name="shape">The frames' size.</param>
    public static string[] RawOutput(FrameShape shape) =>
        ["-f", "rawvideo", "-pix_fmt", PixelFormat(shape), "-fps_mode", "passthrough", "-flush_packets", "1", "pipe:1"];

    /// <summary>The filter that scales to a size; <c>area</c> averages, so that scaling down far keeps all of the image.</summary>
    /// <param name="shape">The size.</param>
    public static string ScaleFilter(FrameShape shape) => $"scale={shape.Width}:{shape.Height}:flags=area";

    /// <summary>ffmpeg's name for a frame's bytes.</summary>
    /// <param name="shape">1 or 3 channels.</param>
    public static string PixelFormat(FrameShape shape) => shape.Channels == 1 ? "gray" : "rgb24";

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code, and the last reason that it gave, without secrets; empty when it gave none.</returns>
    /// <exception cref="CameraFaultException">It refused its arguments, so that the code says nothing of the input.</exception>
    public async Task<(int ExitCode, string LastError)> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _reporting.WaitAsync(cancellationToken);
        if (_process.ExitCode != 0 && _report.Refusal is { } refusal)
        {
            throw new CameraFaultException(
                $"{_version.Name} refuses its options ({_secrets.Mask(refusal)}): correct Source.InputOptions and Source.Path, or take " +
                $"another ffmpeg, {FfmpegVersion.Oldest} or later");
        }
        return (_process.ExitCode, _secrets.Mask(_report.Reason));
    }

    /// <summary>Kills it unless it has ended, and waits for its end; its output then ends too.</summary>
    public async Task StopAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself: nothing is left to kill.
        }
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reporting;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();

        // Who has used a process's streams closes them: the process does not, and its pipes would stay open until they are collected.
        _process.StandardOutput.Dispose();
        _process.StandardError.Dispose();
        _process.Dispose();
    }

    private async Task ReportAsync(StreamReader errors)
    {
        while (await errors.ReadLineAsync() is { } line) _report.Add(line);
    }
}
