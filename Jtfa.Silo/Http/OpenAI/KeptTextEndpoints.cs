using System.Globalization;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>
/// Texts that were asked for with <c>jtfa_keep</c>: read again by their ids, whole or from where a stream broke off, also after the silo
/// that made them has died (docs/serving.md). Ours; OpenAI's API has nothing like it for completions.
/// </summary>
internal static class KeptTextEndpoints
{
    public static void MapKeptTexts(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1/generations/{id}", ReadAsync);
        api.MapDelete("/v1/generations/{id}", DeleteAsync);
    }

    private static async Task<IResult> ReadAsync(
        string id, HttpContext context, KeptTexts kept, IGrainFactory grains, Readers readers, TimeProvider clock)
    {
        var text = await FindAsync(kept, id);
        var streams = FlagOf(context.Request);
        var from = FromOf(context.Request, streams);
        var generation = grains.GetGrain<IGenerationGrain>($"{text.Request.Model}/{id}");
        var form = AnswerForm.Of(text.Request.Note);
        var reading = new TextReading(generation, new(id, text.Asked.ToUnixTimeSeconds(), text.Request.Model, form), clock)
        {
            IsKept = true,
        };
        return streams
            ? await reading.ServeAsync(readers, context, from)
            : TypedResults.Json(await reading.WholeAsync(context.RequestAborted));
    }

    // Ends the text, if it is still made.
    private static async Task<IResult> DeleteAsync(string id, KeptTexts kept, IGrainFactory grains)
    {
        var text = await FindAsync(kept, id);
        await grains.GetGrain<IGenerationGrain>($"{text.Request.Model}/{id}").CancelAsync();
        return TypedResults.NoContent();
    }

    private static async Task<KeptText> FindAsync(KeptTexts kept, string id)
    {
        try
        {
            return await kept.FindAsync(id) ?? throw new ApiFault(
                StatusCodes.Status404NotFound, "There is no such text: it was not kept, or not until now ('jtfa_keep').", "id");
        }
        catch (DecisionLogException)
        {
            throw new ApiFault(
                StatusCodes.Status503ServiceUnavailable, "The database of kept texts does not answer now.", code: "unavailable");
        }
    }

    private static bool FlagOf(HttpRequest request) => request.Query["stream"].ToString() switch
    {
        "" or "false" => false,
        "true" => true,
        _ => throw ApiFault.Wrong("'stream': allowed is true or false.", "stream"),
    };

    // What browsers' event sources send when they connect again counts, too.
    private static int FromOf(HttpRequest request, bool streams)
    {
        var given = request.Query["from"].ToString();
        if (given.Length > 0 && !streams) throw ApiFault.Wrong("'from': allowed with stream=true.", "from");
        if (given.Length == 0) given = streams ? request.Headers["Last-Event-ID"].ToString() : "";
        if (given.Length == 0) return 0;
        return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            ? from
            : throw ApiFault.Wrong("'from': allowed is the id of the last event that was read, a whole number.", "from");
    }
}
