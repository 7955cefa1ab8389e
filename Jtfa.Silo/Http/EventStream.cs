using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Jtfa.Silo.Http;

/// <summary>One reader's server-sent events (WHATWG HTML, section 9.2). Writing waits for the reader: nothing is buffered here.</summary>
internal sealed class EventStream(HttpResponse response, Readers readers)
{
    /// <summary>Bytes written at once, at most, but for one event that is larger.</summary>
    public const int LargestWrite = 65_536;

    /// <summary>How long a stream may be silent: after longer silence proxies and clients take it for dead.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    private static readonly byte[] s_heartbeat = ":\n\n"u8.ToArray();

    /// <summary>One event's bytes.</summary>
    public static byte[] Frame<T>(string name, string? id, T data, JsonSerializerOptions options)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(data, options);
        return Frame(name, id, json);
    }

    /// <summary>One event's bytes; the data must be on one line, as JSON is.</summary>
    public static byte[] Frame(string name, string? id, ReadOnlySpan<byte> data)
    {
        var head = Encoding.UTF8.GetBytes(id is null ? $"event: {name}\ndata: " : $"event: {name}\nid: {id}\ndata: ");
        var frame = new byte[head.Length + data.Length + 2];
        head.CopyTo(frame, 0);
        data.CopyTo(frame.AsSpan(head.Length));
        "\n\n"u8.CopyTo(frame.AsSpan(head.Length + data.Length));
        return frame;
    }

    /// <summary>Tells the reader that events follow.</summary>
    public Task BeginAsync(CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no"; // a proxy must not hold events back
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        return WriteAsync(s_heartbeat, cancellationToken);
    }

    /// <summary>Writes events in pieces, each as the budget and the reader allow.</summary>
    public async Task WriteAsync(IReadOnlyList<byte[]> frames, CancellationToken cancellationToken)
    {
        for (var next = 0; next < frames.Count;)
        {
            var bytes = 0;
            var from = next;
            while (next < frames.Count && (next == from || bytes + frames[next].Length <= LargestWrite)) bytes += frames[next++].Length;
            await readers.AcquireAsync(bytes, cancellationToken);
            for (var i = from; i < next; i++) response.BodyWriter.Write(frames[i]);
            await response.BodyWriter.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Writes one event as the budget and the reader allow.</summary>
    public async Task WriteAsync(byte[] frame, CancellationToken cancellationToken)
    {
        await readers.AcquireAsync(frame.Length, cancellationToken);
        await response.BodyWriter.WriteAsync(frame, cancellationToken);
    }

    /// <summary>Writes a heartbeat.</summary>
    public Task BeatAsync(CancellationToken cancellationToken) => WriteAsync(s_heartbeat, cancellationToken);
}
