<?php
namespace App;
use Highper\Test\Mark;
use function Highper\Test\{describe, describe_callable};
const PREFIX = '/pre';
enum Level: string { case Low = 'low'; }
abstract class Base { #[Mark('/base')] public function inherited(self $x, iterable|null $y = null) {} }
#[Mark(PREFIX . '/notes'), Mark(path: Note::ROOT)]
final class Note extends \ArrayObject {
    const ROOT = '/root';
    #[Mark] public readonly int $id;
    public static $count = 3;
    protected ?string $title = 'un' . 'titled';
    public function __construct(#[Mark('p')] private Level $level = Level::Low, public array $list = [1, self::ROOT]) {}
    #[Mark('/{id}'), \ReturnTypeWillChange] public function show(int $id, ?self $note, int|string|null $page = PHP_INT_SIZE, bool &...$rest): ?static {}
}
foreach (describe(Note::class) as $line) {
    if (is_object($line)) { var_dump($line); continue; }
    if (preg_match('/class|show|construct|level|list |id|count|title/', $line) && !preg_match('/^(static )?(offset|__[dsu]|get|count\(|exch)/', $line)) { echo $line, "\n"; }
}
echo describe_callable(fn (int $a, Note|Level|null $b = null, $c = PREFIX): int|false => 1), "\n";
echo describe_callable('strlen'), "\n";
echo describe_callable('array_slice'), "\n";
echo describe_callable([new Note, 'show']), "\n";
try { describe('Missing\Class'); } catch (\Error $e) { echo $e->getMessage(), "\n"; }
#[Mark(UNKNOWN_CONSTANT)] class Bad {}
try { describe(Bad::class); } catch (\Error $e) { echo $e->getMessage(), "\n"; }

