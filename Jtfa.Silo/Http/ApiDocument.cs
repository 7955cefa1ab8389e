using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Jtfa.Silo.Http;

/// <summary>The API's OpenAPI document: what of it the endpoints do not tell by themselves.</summary>
internal static class ApiDocument
{
    public static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "JTFA",
                Version = "v1",
                Description = "Scenes, their cameras, policies and decisions. Durations (t, w, linger) are milliseconds; latencies and times are seconds; null is a number that there is none of.",
            };
            document.Servers?.Clear();
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
            if (type == typeof(TimeSpan)) (schema.Type, schema.Format, schema.Pattern, schema.Description) = (JsonSchemaType.Number, "double", null, "milliseconds");
            if (type == typeof(double)) (schema.Type, schema.Format, schema.Pattern) = (JsonSchemaType.Number | JsonSchemaType.Null, "double", null);
            return Task.CompletedTask;
        });
    }
}
