using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>One reader of a text: told whole, or a chunk at a time.</summary>
/// <param name="generation">The text, which was started.</param>
/// <param name="answer">How it is told.</param>
/// <param name="clock">The clock.</param>
internal sealed class TextReading(IGenerationGrain generation, CompletionAnswer answer, TimeProvider clock)
{
    /// <summary>Whether it can be read again: a stream then says with each event how much of it was read.</summary>
    public bool IsKept { get; init; }

    /// <summary>Whether all of it was read.</summary>
    public bool IsOver { get; private set; }

    private static TextEnd NoEnd => new() { Finish = TextFinish.ShutDown, Fault = "The text broke off." };

    /// <summary>The whole answer.</summary>
    /// <exception cref="ApiFault">The text did not come to its end.</exception>
    public async Task<JsonObject> WholeAsync(CancellationToken stop)
    {
        TextEnd? end = null;
        await foreach (var piece in generation.ReadAllAsync(clock, cancellationToken: stop))
        {
            answer.Add(piece);
            end ??= piece.End;
        }

        IsOver = true;
        return CompletionAnswer.FaultOf(end ?? NoEnd) is { } fault ? throw fault : answer.Whole(end!);
    }

    /// <summary>Writes chunks as the text is made, until its end, or until its reader goes or this silo stops.</summary>
    /// <param name="readers">All who read live.</param>
    /// <param name="context">The reader's request.</param>
    /// <param name="from">
    /// Pieces that were read before. They are read again all the same, since what is told of the next may hang on them: a call of a tool.
    /// </param>
    /// <exception cref="ApiFault">There are too many who read.</exception>
    public async Task<IResult> ServeAsync(Readers readers, HttpContext context, int from)
    {
        var served = await readers.ServeAsync(
            context, (events, stop) => StreamAsync(events, from, context.RequestAborted, stop));
        return served is ProblemHttpResult { ProblemDetails.Detail: { } refused }
            ? throw new ApiFault(StatusCodes.Status503ServiceUnavailable, $"{refused}.", code: "unavailable")
            : served;
    }

    private async Task StreamAsync(EventStream events, int from, CancellationToken gone, CancellationToken stop)
    {
        await events.BeginAsync(stop);
        TextEnd? end = null;
        var read = 0;
        try
        {
            if (from == 0 && answer.Opening() is { } opening) await events.WriteAsync(Frame(opening, 0), stop);
            await foreach (var piece in generation.ReadAllAsync(clock, cancellationToken: stop).BeatingAsync(events, clock, stop))
            {
                answer.Add(piece);
                if (piece.End is not null) end = piece.End;
                else if (++read is var known && answer.Next() is { } chunk && known > from)
                    await events.WriteAsync(Frame(chunk, known), stop);
            }
        }
        catch (Exception broken) when (!gone.IsCancellationRequested && (broken is OperationCanceledException || GrainCalls.IsAway(broken)))
        {
            // The silo stops, or the model's silo is gone: who reads is told that the text is not whole.
            await events.WriteAsync(CompletionAnswer.Frame(CompletionAnswer.FaultOf(NoEnd)!.ToJson()), gone);
            return;
        }

        end ??= NoEnd;
        if (CompletionAnswer.FaultOf(end) is { } fault) await events.WriteAsync(CompletionAnswer.Frame(fault.ToJson()), stop);
        else await events.WriteAsync([.. answer.Closing(end).Select(chunk => Frame(chunk, read)), CompletionAnswer.Done], stop);
        IsOver = true;
    }

    private byte[] Frame(JsonObject chunk, int read) => IsKept ? CompletionAnswer.Frame(chunk, read) : CompletionAnswer.Frame(chunk);
}
