using System.Diagnostics;
using System.Text.Json;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>What ONNX Runtime leaves behind of a process that used it.</summary>
public sealed class OnnxRuntimeTelemetryTests
{
    [Fact]
    public async Task Nothing_is_left_of_a_model_that_was_loaded()
    {
        using var home = new TemporaryFolder();
        var input = new ModelInput { Name = "frame", Width = 28, Height = 28, Channels = 1, Mean = [0], Std = [1] };
        var model = Path.Combine(AppContext.BaseDirectory, "models", "backbone.onnx");
        string[] words =
        [
            "exec", Path.Combine(AppContext.BaseDirectory, "Jtfa.Silo.dll"), BackboneTrial.Verb, model, JsonSerializer.Serialize(input),
            "penultimate",
        ];
        var start = new ProcessStartInfo("dotnet", words);
        foreach (var name in (string[])["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"]) start.Environment[name] = home.Root;
        start.Environment.Remove("ORT_DISABLE_TELEMETRY");
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(home.Root));
    }
}
