using System.Xml.Linq;

namespace Jtfa.Experiments.Report;

/// <summary>A figure.</summary>
/// <param name="Name">Its file's name without extension.</param>
/// <param name="Caption">What is to be seen.</param>
/// <param name="Svg">The drawing, a whole SVG document.</param>
public sealed record Figure(string Name, string Caption, XElement Svg);
