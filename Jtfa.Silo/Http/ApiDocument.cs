using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Jtfa.Silo.Http;

/// <summary>Adds to the API's OpenAPI document what the endpoints do not describe by themselves.</summary>
internal static partial class ApiDocument
{
    public static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "JTFA",
                Version = "v1",
                Description =
                    "Scenes, their cameras, policies and decisions. Durations (t, w, linger) are milliseconds; latencies and times are " +
                    "seconds; null is a number that there is none of.",
            };
            document.Servers?.Clear();
            foreach (var schema in document.Components?.Schemas?.Values ?? [])
                foreach (var one in (schema.Properties?.Values ?? []).Prepend(schema)) one.Description = Told(one.Description);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, _, _) =>
        {
            foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
            {
                if (parameter.In == ParameterLocation.Query) parameter.Name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!);
            }

            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type == typeof(TimeSpan)) (schema.Type, schema.Format, schema.Pattern) = (JsonSchemaType.Number, "milliseconds", null);
            if (type == typeof(double))
                (schema.Type, schema.Format, schema.Pattern) = (JsonSchemaType.Number | JsonSchemaType.Null, "double", null);
            return Task.CompletedTask;
        });
    }

    // Docstrings speak of C# members and NaN; JSON has camel-case members and null.
    private static string? Told(string? text) => text is null ? null : Number().Replace(
        Member().Replace(text, match => JsonNamingPolicy.CamelCase.ConvertName(match.Groups["name"].Value)), "null");

    [GeneratedRegex(@"\b[A-Za-z]+(\[\]|\?)? [A-Z]\w*\.(?<name>[A-Z]\w*)")]
    private static partial Regex Member();

    [GeneratedRegex(@"\bNaN\b")]
    private static partial Regex Number();
}
