using System.ComponentModel;
using System.Diagnostics;

namespace Jtfa.Testbed.Hosts;

/// <summary>iproute2's <c>ip</c> and <c>tc</c>.</summary>
internal static class IpCommand
{
    /// <summary>Runs it.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="TestbedException">It is missing, or failed; the message has what it said.</exception>
    public static Task<string> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        RunAsync("ip", arguments, "", cancellationToken);

    /// <summary>Runs <c>tc</c> in a namespace.</summary>
    /// <exception cref="TestbedException">As <see cref="RunAsync(IReadOnlyList{string},CancellationToken)"/>.</exception>
    public static Task TrafficAsync(string name, string arguments, CancellationToken cancellationToken) =>
        RunAsync("tc", ["-n", name, .. arguments.Split(' ')], "", cancellationToken);

    /// <summary>Runs several lines of it in a namespace, up to the first that fails.</summary>
    /// <exception cref="TestbedException">As <see cref="RunAsync(IReadOnlyList{string},CancellationToken)"/>.</exception>
    public static Task BatchAsync(string name, IEnumerable<string> lines, CancellationToken cancellationToken) =>
        RunAsync("ip", ["-n", name, "-batch", "-"], string.Join('\n', lines) + "\n", cancellationToken);

    private static async Task<string> RunAsync(
        string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments);
        await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
        process.StandardInput.Close();
        var (output, errors) = (
            process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? await output : throw new TestbedException(
            $"{program} {string.Join(' ', arguments)} failed: {(await errors).ReplaceLineEndings(" ").Trim()}; where namespaces are not " +
            "allowed, as in many containers, use --no-netns");
    }

    private static Process Start(string program, IReadOnlyList<string> arguments)
    {
        try
        {
            return Process.Start(
                new ProcessStartInfo(program, arguments)
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
        }
        catch (Win32Exception exception)
        {
            throw new TestbedException($"{program} cannot be run ({exception.Message}): install iproute2, or use --no-netns", exception);
        }
    }
}
