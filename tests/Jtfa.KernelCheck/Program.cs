using Jtfa.Language.Kernels;

var ok = true;
foreach (var set in Instructions.Supported)
{
    var differing = KernelCheck.Differing(set);
    ok &= differing.Count == 0;
    Console.WriteLine(differing.Count == 0 ? $"{set}: as on every machine" : $"{set}: {string.Join(", ", differing)} differ");
}

return ok ? 0 : 1;
