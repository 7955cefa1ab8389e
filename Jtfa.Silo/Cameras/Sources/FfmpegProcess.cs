using System.ComponentModel;
using System.Diagnostics;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>A running ffmpeg that writes raw frames to a pipe. Disposing it kills it and waits for its end.</summary>
public sealed class FfmpegProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly FfmpegSecrets _secrets;
    private readonly Task<string> _lastError;

    private FfmpegProcess(Process process)
    {
        _process = process;
        _secrets = new FfmpegSecrets(process.StartInfo.ArgumentList);
        _lastError = LastLineAsync(process.StandardError);
    }

    /// <summary>Operating system's number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>The frames: height × width × channels bytes each, one after another.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>Starts ffmpeg, told to report errors only and to leave the terminal alone.</summary>
    /// <param name="program">The ffmpeg program: a name looked up in PATH, or a path.</param>
    /// <param name="arguments">Inputs, filters and outputs, one argument an element.</param>
    /// <exception cref="CameraFaultException">It cannot be started: mostly because it is not installed.</exception>
    public static FfmpegProcess Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, ["-hide_banner", "-loglevel", "error", "-nostdin", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
            return new FfmpegProcess(process);
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new CameraFaultException($"ffmpeg ('{program}') cannot be started ({e.Message}): install it: apt-get install ffmpeg", e);
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
    /// <returns>The exit code, and the last line that it reported, without secrets; empty when it reported nothing.</returns>
    public async Task<(int ExitCode, string LastError)> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return (_process.ExitCode, _secrets.Mask(await _lastError.WaitAsync(cancellationToken)));
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
        await _lastError;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private static async Task<string> LastLineAsync(StreamReader reader)
    {
        var last = "";
        while (await reader.ReadLineAsync() is { } line)
            if (!string.IsNullOrWhiteSpace(line)) last = line.Trim();
        // "[png @ 0x5564d531b100] chunk too big": the address says nothing to a reader.
        var address = last.StartsWith('[') ? last.IndexOf("] ", StringComparison.Ordinal) : -1;
        return address < 0 ? last : last[(address + 2)..];
    }
}
