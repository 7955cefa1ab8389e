using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>What a caller of OpenAI's API is told of a fault, in the shape that its clients know.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">One line.</param>
/// <param name="parameter">The member of the body that is wrong; null: none.</param>
/// <param name="code">A word for programs; null: none.</param>
/// <param name="retryAfter">When to try again; null: not known.</param>
internal sealed class ApiFault(int status, string message, string? parameter = null, string? code = null, TimeSpan? retryAfter = null)
    : Exception(message)
{
    private const double RetrySeconds = 1;

    private string Type => status switch
    {
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    /// <summary>Writes the answer's body.</summary>
    public JsonObject ToJson() => new()
    {
        ["error"] = new JsonObject { ["message"] = Message, ["type"] = Type, ["param"] = parameter, ["code"] = code },
    };

    /// <summary>A body that is wrong.</summary>
    public static ApiFault Wrong(string message, string? parameter = null) =>
        new(StatusCodes.Status400BadRequest, message, parameter);

    /// <summary>Passes where a request is served.</summary>
    /// <exception cref="ApiFault">It is not.</exception>
    public static void ThrowUnlessAccepted(TextStart start)
    {
        if (start.Answer == TextAnswer.Accepted) return;
        var (status, code) = start.Answer switch
        {
            TextAnswer.UnknownModel => (StatusCodes.Status404NotFound, "model_not_found"),
            TextAnswer.Refused => (StatusCodes.Status400BadRequest, null),
            TextAnswer.Busy => (StatusCodes.Status429TooManyRequests, "busy"),
            _ => (StatusCodes.Status503ServiceUnavailable, "unavailable"),
        };
        var parameter = start.Answer == TextAnswer.UnknownModel ? "model" : null;
        throw new ApiFault(status, start.Fault ?? "The request is not served.", parameter, code, start.RetryAfter);
    }

    /// <summary>Answers with the faults of an endpoint.</summary>
    public static async ValueTask<object?> Filter(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        try
        {
            return await next(call);
        }
        catch (Exception fault) when (Explain(fault) is { } told && !call.HttpContext.Response.HasStarted)
        {
            return told.ToResult(call.HttpContext.Response);
        }
    }

    private static ApiFault? Explain(Exception fault) => fault switch
    {
        ApiFault known => known,
        JsonException => Wrong("The body is not JSON."),
        BadHttpRequestException request => new(request.StatusCode, request.Message.ReplaceLineEndings(" ")),
        _ when GrainCalls.IsAway(fault) => new(
            StatusCodes.Status503ServiceUnavailable, "The model's silo does not answer now: try again in a moment.", code: "unavailable"),
        _ => null,
    };

    /// <summary>The answer.</summary>
    public JsonHttpResult<JsonObject> ToResult(HttpResponse response)
    {
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = $"{Math.Ceiling(Math.Max(RetrySeconds, retryAfter?.TotalSeconds ?? 0)):0}";
        return TypedResults.Json(ToJson(), statusCode: status);
    }
}
