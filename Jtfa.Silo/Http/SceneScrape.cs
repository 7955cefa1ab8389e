using System.Buffers;
using System.Text;
using Jtfa.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Silo.Http;

/// <summary>
/// A scrape of some scenes, <c>/metrics?scene=lobby&amp;scene=yard</c>: without the series of all others. A silo with a thousand scenes
/// has some megabytes of metrics, and OpenTelemetry's exporter tells all or none.
/// </summary>
internal static class SceneScrape
{
    private static readonly byte[] s_label = "scene=\""u8.ToArray();

    /// <summary>Answers scrapes that name scenes; others go to the exporter as they are.</summary>
    public static void UseSceneScrape(this WebApplication application)
    {
        var known = application.Services.GetRequiredService<SceneCatalog>();
        application.Use(async (context, next) =>
        {
            if (context.Request.Path != HttpServer.MetricsPath || context.Request.Query["scene"] is not { Count: > 0 } asked)
                await next(context);
            else if (asked.FirstOrDefault(scene => !known.Names.Contains(scene)) is { } unknown)
                await SceneEndpoints.Unknown(unknown, known).ExecuteAsync(context);
            else await SelectAsync(context, next, [.. asked.Select(scene => LabelOf(scene!))]);
        });
    }

    private static async Task SelectAsync(HttpContext context, RequestDelegate next, byte[][] scenes)
    {
        // The exporter must not compress: lines are left out of its text.
        context.Request.Headers.AcceptEncoding = default;
        var body = context.Response.Body;
        using var all = new MemoryStream();
        context.Response.Body = all;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = body;
        }

        var selected = new ArrayBufferWriter<byte>();
        Select(all.GetBuffer().AsSpan(0, (int)all.Length), scenes, selected);
        await body.WriteAsync(selected.WrittenMemory, context.RequestAborted);
    }

    private static void Select(ReadOnlySpan<byte> text, byte[][] scenes, ArrayBufferWriter<byte> selected)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..(end + 1)];
            if (IsOf(line, scenes)) selected.Write(line);
            text = text[line.Length..];
        }
    }

    // A label follows the opening brace or a comma.
    private static bool IsOf(ReadOnlySpan<byte> line, byte[][] scenes)
    {
        if (line[0] == (byte)'#') return true;
        var label = line.IndexOf(s_label);
        if (label <= 0 || line[label - 1] is not ((byte)'{' or (byte)',')) return true;
        foreach (var scene in scenes)
        {
            if (line[label..].StartsWith(scene)) return true;
        }

        return false;
    }

    private static byte[] LabelOf(string scene) =>
        [.. s_label, .. Encoding.UTF8.GetBytes(Escaped(scene)), (byte)'"'];

    private static string Escaped(string label) => label.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
