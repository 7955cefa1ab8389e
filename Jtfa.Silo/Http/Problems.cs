using System.Text.Json;
using System.Text.RegularExpressions;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Http;

/// <summary>What callers are told of a fault: problem details (RFC 9457), in one line and without the silo's internals.</summary>
internal sealed partial class Problems(ILogger<Problems> logger) : IExceptionHandler
{
    /// <summary>A problem with its reason.</summary>
    public static ProblemHttpResult Create(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    /// <summary>A problem with several faults, each <c>Name=value: what is allowed</c>; they stand by name in <c>errors</c>, too.</summary>
    public static ProblemHttpResult Create(IReadOnlyCollection<string> faults) => TypedResults.Problem(new HttpValidationProblemDetails(
        faults.GroupBy(fault => JsonNamingPolicy.CamelCase.ConvertName(fault.Split('=')[0]))
            .ToDictionary(group => group.Key, group => group.ToArray()))
    {
        Status = StatusCodes.Status400BadRequest,
        Title = "Bad Request",
        Detail = string.Join("; ", faults),
    });

    /// <inheritdoc />
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested) return true; // the caller has gone
        var problem = Explain(exception);
        if (problem.StatusCode == StatusCodes.Status500InternalServerError)
            LogUnexpected(exception, context.Request.Method, context.Request.Path);
        if (problem.StatusCode == StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = "1";
        await problem.ExecuteAsync(context);
        return true;
    }

    private static ProblemHttpResult Explain(Exception exception) => exception switch
    {
        BadHttpRequestException request when Parameter().Match(request.Message) is { Success: true } parameter =>
            Create(
                [$"{JsonNamingPolicy.CamelCase.ConvertName(parameter.Groups["name"].Value)}={parameter.Groups["value"]}: allowed is " +
                    $"{Allowed(parameter.Groups["type"].Value)}"]),
        BadHttpRequestException request => Create(request.StatusCode, OneLine(request)),
        JsonException json => Create(StatusCodes.Status400BadRequest, Misfit(json)),
        DecisionLogException log => Create(StatusCodes.Status503ServiceUnavailable, OneLine(log)),
        _ when GrainCalls.IsAway(exception) || exception is OperationCanceledException =>
            Create(StatusCodes.Status503ServiceUnavailable,
                "The scene's silo does not answer now, as when it starts, stops or has died: try again in a moment."),
        _ => Create(StatusCodes.Status500InternalServerError, "The silo failed to answer; its log says why."),
    };

    private static string Misfit(JsonException json) =>
        Unmapped()
            .Match(json.Message) is { Success: true } unmapped ? $"'{unmapped.Groups["name"]}' is not known: the members are those of " +
                "/openapi/v1.json"
        : Missing().Match(json.Message) is { Success: true } missing ? $"{missing.Groups["names"]} is missing: give it, too"
        : json.Path is { Length: > 2 } path ? $"{path[2..]} is not of the kind that stands there: /openapi/v1.json tells"
        : "The body is not JSON of the kind that /openapi/v1.json tells";

    // The framework's message names types; ours says what is allowed.
    private static string Allowed(string type) => type switch
    {
        "FireCause" => string.Join(", ", Enum.GetNames<FireCause>()),
        "PlanGoal" => string.Join(", ", Enum.GetNames<PlanGoal>()),
        "DateTimeOffset" => "a time such as 2026-11-21T10:00:00Z",
        "bool" => "true, false",
        _ => "a whole number",
    };

    [GeneratedRegex("""^Failed to bind parameter "(Nullable<)?(?<type>\w+)>? (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline)]
    private static partial Regex Parameter();

    [GeneratedRegex("^The JSON property '(?<name>.*?)' could not be mapped", RegexOptions.Singleline)]
    private static partial Regex Unmapped();

    [GeneratedRegex("missing required properties including: (?<names>.*?)\\.?$", RegexOptions.Singleline)]
    private static partial Regex Missing();

    private static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ").Split(" (Parameter '")[0];

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogUnexpected(Exception exception, string method, string path);
}
