using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Jtfa.Silo.Telemetry;

/// <summary>Writes all of JTFA's spans in this process to a file, where there is no silo to do so.</summary>
public sealed class SpanRecording : IAsyncDisposable
{
    private readonly SpanFile _file;
    private readonly TracerProvider _provider;

    private SpanRecording(SpanFile file)
    {
        _file = file;
        _provider = Sdk.CreateTracerProviderBuilder()
            .AddSource(JtfaNames.Spans.Name)
            .SetSampler(new AlwaysOnSampler())
            .AddProcessor(file)
            .Build();
    }

    /// <summary>Begins to append to a file.</summary>
    /// <param name="path">It is made where there is none; its folder is there.</param>
    /// <param name="time">Spaces the writes.</param>
    /// <param name="logger">Logs at the end what was left out.</param>
    /// <exception cref="InvalidDataException">The file cannot be written.</exception>
    public static SpanRecording Start(string path, TimeProvider time, ILogger logger) => new(new SpanFile(path, time, logger));

    /// <summary>Ends it; what was not written yet is written.</summary>
    public async ValueTask DisposeAsync()
    {
        _provider.Dispose();
        await _file.DisposeAsync();
    }
}
