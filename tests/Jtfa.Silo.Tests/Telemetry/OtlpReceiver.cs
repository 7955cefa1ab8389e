using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>A collector that takes OTLP, its protobuf over HTTP or by gRPC, and looks into it.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    // gRPC: whether it is compressed, and its length.
    private const int GrpcPrefix = 5;

    private readonly WebApplication _application;
    private readonly ConcurrentQueue<(string Path, byte[] Message)> _posts = new();

    private OtlpReceiver(WebApplication application) => _application = application;

    public string Endpoint =>
        _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    // Of opentelemetry/proto: resource_metrics = 1, scope_metrics = 2, metrics = 2, name = 1.
    public IReadOnlyList<string> MetricNames => [.. At("/v1/metrics", 1, 2, 2, 1)];

    // resource_spans = 1, scope_spans = 2, spans = 2, name = 5.
    public IReadOnlyList<string> SpanNames => [.. At("/v1/traces", 1, 2, 2, 5)];

    /// <summary>Attributes of resources, values that are text only.</summary>
    public IReadOnlyList<(string Key, string Value)> Resource =>
        [.. At("/v1/metrics", 1, 1, 1, 1).Zip(At("/v1/metrics", 1, 1, 1, 2, 1))];

    /// <summary>Attributes of spans, values that are text only: attributes = 9 (key = 1, value = 2 (string = 1)).</summary>
    public IReadOnlyList<string> SpanTexts => [.. At("/v1/traces", 1, 2, 2, 9, 2, 1)];

    public static async Task<OtlpReceiver> StartAsync(bool grpc = false)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(
            kestrel => kestrel.Listen(
                IPAddress.Loopback, 0, listen => listen.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._application.Run(grpc ? receiver.TakeGrpcAsync : receiver.TakeAsync);
        await receiver._application.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(CancellationToken.None);
        await _application.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        Assert.Equal("application/x-protobuf", context.Request.ContentType);
        _posts.Enqueue((context.Request.Path, await ReadAsync(context)));
        context.Response.ContentType = "application/x-protobuf";
    }

    private async Task TakeGrpcAsync(HttpContext context)
    {
        Assert.Equal("application/grpc", context.Request.ContentType);
        var signal = context.Request.Path.Value!.Contains("MetricsService/Export", StringComparison.Ordinal) ? "/v1/metrics" : "/v1/traces";
        _posts.Enqueue((signal, (await ReadAsync(context))[GrpcPrefix..]));
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[GrpcPrefix], context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var message = new MemoryStream();
        await context.Request.Body.CopyToAsync(message, context.RequestAborted);
        return message.ToArray();
    }

    private IEnumerable<string> At(string path, params int[] fields) =>
        _posts.Where(post => post.Path == path).SelectMany(post => At(post.Message, fields))
            .Select(text => Encoding.UTF8.GetString(text.Span));

    private static IEnumerable<ReadOnlyMemory<byte>> At(ReadOnlyMemory<byte> message, int[] fields) => fields.Length == 0
        ? [message]
        : Fields(message).Where(field => field.Number == fields[0]).SelectMany(field => At(field.Content, fields[1..]));

    /// <summary>Fields that have a length; others are passed over.</summary>
    private static IEnumerable<(int Number, ReadOnlyMemory<byte> Content)> Fields(ReadOnlyMemory<byte> message)
    {
        while (message.Length > 0)
        {
            var tag = Number(ref message);
            var length = (tag & 7) switch { 0 => 0, 1 => 8, 2 => -1, 5 => 4, var other => throw new FormatException($"wire type {other}") };
            if ((tag & 7) == 0) _ = Number(ref message);
            if (length < 0)
            {
                length = (int)Number(ref message);
                yield return ((int)(tag >> 3), message[..length]);
            }

            message = message[length..];
        }
    }

    private static ulong Number(ref ReadOnlyMemory<byte> message)
    {
        var (value, at) = (0UL, 0);
        while (true)
        {
            var part = message.Span[at];
            value |= (ulong)(part & 0x7f) << (7 * at++);
            if (part < 0x80) break;
        }

        message = message[at..];
        return value;
    }
}
