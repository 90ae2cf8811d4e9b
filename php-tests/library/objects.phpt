--TEST--
StringObject, MultibyteStringObject and ArrayObject
--EXTENSIONS--
highper
mbstring
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\{ArrayObject, MultibyteStringObject, StringObject};

$s = new StringObject(' Hello, World ');
check('length and case', [$s->length(), (string) $s->trim()->lower(), (string) $s->trim()->upper(), (string) $s->trim()->reverse()], [14, 'hello, world', 'HELLO, WORLD', 'dlroW ,olleH']);
check('trims', [(string) $s->ltrim(), (string) $s->rtrim(), (string) $s->trim(' Hd')], ['Hello, World ', ' Hello, World', 'ello, Worl']);
check('places', [$s->indexOf('o'), $s->indexOf('o', 6), $s->lastIndexOf('o'), $s->pos('x'), $s->rpos('l'), $s->ipos('WORLD')], [5, 9, 9, false, 11, 8]);
check('questions', [$s->startsWith(' H'), $s->endsWith('d '), $s->endsWith('longer than the string itself'), $s->contains('World'), $s->contains('')], [true, true, false, true, true]);
check('equality', [$s->equals(new StringObject(' Hello, World '), true), StringObject::from('10')->equals(10), StringObject::from('10')->equals(10, true)], [true, true, false]);
check('pieces', [$s->trim()->split(', ')->toArray(), StringObject::from('a,b,c')->split(',', 2)->toArray(), StringObject::from('abcde')->chunk(2)->toArray(), (string) StringObject::from('abcd')->chunkSplit(2, '|')], [['Hello', 'World'], ['a', 'b,c'], ['ab', 'cd', 'e'], 'ab|cd|']);
check('characters', [StringObject::from('abc')->char(1), StringObject::from('abc')->char(9), (string) StringObject::from('abc')->substr(1), (string) StringObject::from('abc')->substr(0, -1), (string) StringObject::from('ab')->repeat(2)], ['b', '', 'bc', 'ab', 'abab']);
$t = StringObject::from('aXbX');
check('replace counts', [(string) $t->replace('X', '-', $n), $n, (string) $t], ['a-b-', 2, 'aXbX']);
check('append changes it too', [(string) $t->append('c'), (string) $t, (string) $t->append(1)], ['aXbXc', 'aXbXc', 'aXbXc1']);
$m = new MultibyteStringObject('Grüße, Ärger');
check('characters of several bytes', [$m->length(), $m->indexOf('Ä'), $m->lastIndexOf('r'), $m->pos('ß'), $m->rpos('ß'), $m->ipos('ärger'), (string) $m->substr(0, 5), $m->chunk(6)->toArray(), $m->substr(7)::class], [12, 7, 11, 3, 3, 7, 'Grüße', ['Grüße,', ' Ärger'], MultibyteStringObject::class]);
check('an encoding', $m->indexOf('e', 0, 'ISO-8859-1'), 6);

$a = new ArrayObject(['x' => 'one', 'y' => ['z' => 2], 'n' => null, 'i' => 7]);
check('get() makes objects', [$a->get('x')::class, $a->get('y')::class, $a->get('y')->get('z'), $a->get('n'), $a->getOr('q', 'd'), $a->getOr('x')->length()], [StringObject::class, ArrayObject::class, 2, null, 'd', 3]);
check('as an array', [$a['x'], isset($a['n']), isset($a['i']), $a['none'], count($a), $a->isEmpty(), iterator_to_array($a) === $a->toArray()], ['one', false, true, null, 4, false, true]);
$a['x'] = 1; unset($a['y']); $a->set('k', 1)->delete('n');
check('changes', $a->toArray(), ['x' => 1, 'i' => 7, 'k' => 1]);
check('ends', [$a->first(), $a->firstKey(), $a->last(), $a->lastKey(), (new ArrayObject())->first(), (new ArrayObject())->lastKey()], [1, 'x', 1, 'k', null, null]);
check('search', [$a->search(7), $a->indexOf('7'), $a->indexOf('7', false), $a->lastIndexOf(1), $a->lastIndexOf(9), $a->contains(1), $a->contains('1'), $a->exists('i')], ['i', false, 'i', 'k', null, true, false, true]);
check('remove one or all', [ArrayObject::from([1, 2, 1])->remove(1)->toArray(), ArrayObject::from([1, 2, 1])->remove(1, true, true)->toArray(), ArrayObject::from(['1'])->remove(1)->count()], [[1 => 2, 2 => 1], [1 => 2], 1]);
$b = ArrayObject::from([3, 1, 2]);
check('stack and queue', [$b->push(4), $b->pushFront(0), $b->pop(), $b->popBack(), $b->popFront(), $b->append(8, 9)->toArray(), $b->insert(1, ['in'])->insert(0, 'at')->toArray()], [4, 5, 4, 2, 0, [3, 1, 8, 9], ['at', 3, ['in'], 1, 8, 9]]);
check('sorting', [ArrayObject::from([3, 1, 2])->sort()->toArray(), ArrayObject::from([3, 1, 2])->rsort()->toArray(), ArrayObject::from(['b' => 1, 'a' => 2])->ksort()->keys()->toArray(), ArrayObject::from(['b' => 1, 'a' => 2])->arsort()->keys()->toArray(), ArrayObject::from(['f10', 'F9'])->natcasesort()->values()->toArray(), ArrayObject::from([1, 2])->usort(fn ($x, $y) => $y <=> $x)->toArray(), ArrayObject::from([1, 2, 3])->shuffle()->sum()], [[1, 2, 3], [3, 2, 1], ['a', 'b'], ['a', 'b'], ['F9', 'f10'], [2, 1], 6]);
check('functions', [ArrayObject::from([1, 2])->map(fn ($x, $y) => $x + $y, [10, 20])->toArray(), ArrayObject::from([1, 2, 3])->filter(fn ($x) => $x > 1)->values()->toArray(), ArrayObject::from([1, 2, 3])->reduce(fn ($c, $x) => $c + $x, 1), ArrayObject::from([1, 2])->product(), ArrayObject::from([[1, 'a'], [2, 'b']])->column(1, 0)->toArray(), ArrayObject::from([1, 1, '1'])->unique()->count(), ArrayObject::from(['a' => 1])->flip()->toArray(), ArrayObject::from([1, 2, 3])->slice(1, 1, true)->toArray(), ArrayObject::from([1, 2, 3])->chunk(2)->toArray(), ArrayObject::from([1, 2])->reverse()->toArray(), ArrayObject::from([5, 6, 5])->keys(5)->toArray()], [[11, 22], [2, 3], 7, 2, [1 => 'a', 2 => 'b'], 1, [1 => 'a'], [1 => 2], [[1, 2], [3]], [2, 1], [0, 2]]);
check('each by reference', ArrayObject::from([1, 2])->each(function (&$v, $k) { $v = $v * 2 + $k; })->toArray(), [2, 5]);
check('join', [ArrayObject::from(['a', 1])->join('-')::class, (string) ArrayObject::from(['a', 1])->join('-')], [StringObject::class, 'a-1']);
check('one of them', ArrayObject::from(['only'])->randomGet()->toString(), 'only');
check('serialized', [unserialize(serialize($b)) == $b, ArrayObject::from()->unserialize($b->serialize())->toArray() === $b->toArray()], [true, true]);
class Sub extends ArrayObject {}
check('classes of its own', [Sub::from([[1]])->get(0)::class, Sub::from([1])->map('intval')::class], [Sub::class, Sub::class]);
foreach ([fn () => $b->get(99), fn () => ArrayObject::from([])->randomGet()] as $wrong) {
    try { $wrong(); } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
}
?>
--EXPECTF--
ok: length and case
ok: trims
ok: places
ok: questions
ok: equality
ok: pieces
ok: characters
ok: replace counts
ok: append changes it too
ok: characters of several bytes
ok: an encoding
ok: get() makes objects
ok: as an array
ok: changes
ok: ends
ok: search
ok: remove one or all
ok: stack and queue
ok: sorting
ok: functions
ok: each by reference
ok: join
ok: one of them
ok: serialized
ok: classes of its own
Swoole\Exception\ArrayKeyNotExists: 99
ValueError: array_rand(): Argument #1 ($array) %s be empty
