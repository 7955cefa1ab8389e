using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Experiments.Tests.Windows;

/// <summary>Checks a statement for many generated cases; a failure says which case broke it and how to replay it.</summary>
internal static class Property
{
    public static void Holds<T>(Gen<T> cases, Action<T> statement, int runs = 300) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(runs), Prop.ForAll(cases.ToArbitrary(), statement));
}
