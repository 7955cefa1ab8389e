using System.Text.Json.Serialization;

namespace Jtfa.Core.Tests;

/// <summary>One fusion of the published scripts: tokens Z (m rows), gate w, and what came of them.</summary>
internal sealed record ReferenceFusion(
    double Beta, float[] W, [property: JsonPropertyName("Z")] float[][] Tokens, double[] Weights, double[] Fused);
