--TEST--
Calls that keep their state in a module's globals: nested, cancelled, with exit() and exceptions inside
--EXTENSIONS--
highper
xml
--INI--
extension=soap
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('soap'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\Proof;
use function HighperTest\check;
use Swoole\Coroutine;

class Even { public $number; }
class Odd extends Even { }
class Local extends SoapClient
{
    public ?SoapServer $server = null;
    public ?Closure $before = null;
    public function __doRequest($request, $location, $action, $version, $oneWay = false): ?string
    {
        Coroutine::sleep(0.001 * random_int(1, 3));
        $this->before && ($this->before)();
        ob_start();
        $this->server->handle($request);
        $answer = ob_get_clean();
        Coroutine::sleep(0.001 * random_int(1, 3));
        return $answer;
    }
}
/** A server that waits inside handle(), and asks another one there `$depth` times. */
function client(int $i, int $depth, ?Closure $before = null): Local
{
    $class = $i % 2 ? Odd::class : Even::class;
    $options = ['location' => 'http://none/', 'uri' => 'urn:x', 'encoding' => $i % 3 ? 'ISO-8859-15' : 'UTF-8'];
    $client = new Local(null, $options + ['typemap' => [['type_name' => 'int', 'type_ns' => 'http://www.w3.org/2001/XMLSchema', 'from_xml' => fn ($xml) => new $class]]]);
    $client->before = $before;
    $client->server = new SoapServer(null, $options);
    $client->server->setObject(new class($i, $depth) {
        public function __construct(private int $i, private int $depth) { }
        public function answer(string $word)
        {
            Coroutine::sleep(0.001 * random_int(1, 3));
            if ($this->depth > 0 && ask(client($this->i + 1, $this->depth - 1), $this->i + 1) !== $this->i + 1) { return 'another'; }
            return $word === word($this->i) ? 1 : "another word: {$word}";
        }
    });
    return $client;
}
function word(int $i): string { return $i % 3 ? "\xa4" : "\u{20ac}"; }
function ask(Local $client, int $i): mixed
{
    $got = $client->answer(word($i));
    return is_object($got) && $got::class === ($i % 2 ? Odd::class : Even::class) ? $i : $got;
}

Coroutine\run(static function () {
    $wrong = [];
    $right = static fn (array $got) => array_filter($got, static fn ($value, $i) => $value !== $i, ARRAY_FILTER_USE_BOTH);
    check('side by side', [$right(Proof::each(30, static fn (int $i) => ask(client($i, 0), $i), $wrong)), $wrong], [[], []]);
    check('one inside another', [$right(Proof::each(30, static fn (int $i) => ask(client($i, 2), $i), $wrong)), $wrong], [[], []]);
    $ended = 0;
    for ($i = 0; $i < 10; $i++) {
        $id = go(static function () use ($i, &$ended) {
            try { ask(client($i, 0, static fn () => $i % 2 ? throw new DomainException('on purpose') : Coroutine::sleep(10)), $i); } catch (DomainException|Swoole\Coroutine\CanceledException|SoapFault) { } finally { $ended++; }
        });
        go(static function () use ($id) { Coroutine::sleep(0.005); Coroutine::cancel($id, true); });
    }
    check('others meanwhile', [$right(Proof::each(30, static fn (int $i) => ask(client($i, 1), $i), $wrong)), $wrong], [[], []]);
    Coroutine::sleep(0.02);
    check('exceptions and cancelling', $ended, 10);
    check('afterwards', ask(client(5, 1), 5), 5);
});
?>
--EXPECT--
ok: side by side
ok: one inside another
ok: others meanwhile
ok: exceptions and cancelling
ok: afterwards
