--TEST--
A pooled mysqli object is connected in each of mysqli's ways; what its maker sets up holds for every connection; mistakes are told as ever
--EXTENSIONS--
highper
mysqli
pdo_mysql
--INI--
highper.mysqli_pool=2
highper.pool_timeout=0.2
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine;
use function HighperTest\{check, wait_until};
use function Swoole\Coroutine\{go, run};

$database = HighperTest\Database::mariaDb();
preg_match('~unix_socket=([^;]+)~', $database->dsn, $found);
$at = ['localhost', 'root', '', 'test', null, $found[1]];
final class Shop extends mysqli
{
    public int $orders = 0;

    public function __construct(array $at)
    {
        parent::__construct(...$at);
        $this->set_charset('latin1');
    }

    public function charset(): string
    {
        $this->orders++;

        return $this->query('SELECT @@character_set_client')->fetch_column();
    }
}
/** A mistake's class and words. */
$told = static function (callable $do): string {
    try {
        return json_encode($do());
    } catch (Throwable $e) {
        return $e::class . ': ' . preg_replace('~\d\.\d+ s|/\S+/|coroutine \d+~', '…', $e->getMessage());
    }
};
$init = mysqli_init();
$init->options(MYSQLI_INIT_COMMAND, "SET @greeting = 'hello'");
mysqli_options($init, MYSQLI_OPT_INT_AND_FLOAT_NATIVE, 1);
check('an object that is not connected', [$init->connect_errno, $told(fn () => $init->query('SELECT 1'))], [0, 'Error: mysqli object is not fully initialized']);
$init->real_connect(...$at);
$init->query("SET SESSION sql_mode = 'ANSI'");
$shop = new Shop($at);
$plain = mysqli_connect(...$at);
mysqli_set_charset($plain, 'utf8mb4');
$later = new mysqli();
$later->connect(...$at);
$seen = [];
run(static function () use ($init, $shop, $plain, $later, &$seen) {
    for ($i = 0; $i < 2; $i++) {
        $ids[] = go(static function () use ($init, $shop, $plain, $later, &$seen) {
            $row = $init->query('SELECT @greeting, 40 + 2, @@sql_mode')->fetch_row();
            // As a library does that sets up what it finds.
            $shop->set_charset('latin1');
            $seen[] = [$row[0], $row[1], str_contains($row[2], 'ANSI_QUOTES'), $shop->charset(), $plain->character_set_name(), $later->query('SELECT 1')->num_rows,
                (new mysqli_stmt($later, 'SELECT 1'))->execute()];
            usleep(10_000);
        });
    }
    Coroutine::join($ids);
});
check('set up in every connection', array_unique($seen, SORT_REGULAR), [['hello', 42, true, 'latin1', 'utf8mb4', 1, true]]);
check('properties of a class of one\'s own are the object\'s', $shop->orders, 2);
check('isset() and var_dump()', [isset($shop->thread_id), empty($shop->thread_id), isset($shop->none), str_contains(print_r($shop, true), '[server_info]')], [true, false, false, true]);
check('a property that can\'t be written', $told(static function () use ($shop) { $shop->insert_id = 1; }), 'Error: Cannot write read-only property Shop::$insert_id');
check('wrong SQL', [$told(static fn () => $shop->query('nonsense')), $shop->errno], ["mysqli_sql_exception: You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right syntax to use near 'nonsense' at line 1", 1064]);
check('no such server', $told(static fn () => new mysqli('localhost', 'root', '', 'test', null, '/nowhere/at/all')), 'mysqli_sql_exception: No such file or directory');
mysqli_report(MYSQLI_REPORT_OFF);
$wrong = @new mysqli('localhost', 'root', '', 'test', null, '/nowhere/at/all');
check('the same without exceptions', [$wrong->connect_errno, $wrong->connect_error, @mysqli_connect('localhost', 'root', '', 'test', null, '/nowhere/at/all')], [2002, 'No such file or directory', false]);
$again = mysqli_init();
check('a second attempt', [@$again->real_connect('localhost', 'root', '', 'test', null, '/nowhere/at/all'), $again->real_connect(...$at), $again->query('SELECT 3')->fetch_column()], [false, true, '3']);
check('wrong SQL without exceptions', [$again->query('nonsense'), $again->errno, $again->query('SELECT 4')->fetch_column()], [false, 1064, '4']);
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
run(static function () use ($shop, $told) {
    $stop = new Coroutine\Channel(1);
    for ($i = 0; $i < 2; $i++) {
        go(static function () use ($shop, $stop) {
            $shop->query('SELECT 1');
            $stop->pop();
        });
    }
    check('none is free', preg_match('~^mysqli_sql_exception: no connection of the pool \(highper\.mysqli_pool\) for mysqli:unix_socket=\S*;dbname=test: none of the 2 became free within …; … has had one the longest, taken at .*:\d+$~', $text = $told(static fn () => $shop->query('SELECT 1'))) ?: $text, 1);
    $stop->close();
});
run(static function () use ($shop, $plain, $init) {
    $ids = $seen = [];
    for ($i = 0; $i < 2; $i++) {
        $ids[] = go(static function () use ($shop, $plain, $init, $i, &$seen) {
            $shop->query("SELECT SLEEP(0.02), {$i}", MYSQLI_ASYNC);
            mysqli_query($plain, 'SELECT SLEEP(5)', MYSQLI_ASYNC);
            $done = $error = $refused = ['shop' => $shop, 'plain' => $plain];
            $number = mysqli::poll($done, $error, $refused, 4);
            $seen[] = [$number, count($done), current($done) === $shop, $error, $refused, (int) $shop->reap_async_query()->fetch_row()[1] - $i];
        });
    }
    Coroutine::join($ids);
    check('asynchronous queries and poll()', array_unique($seen, SORT_REGULAR), [[1, 1, true, [], [], 0]]);
});
run(static function () use ($shop, $database, $told) {
    $answers = static function () use ($shop, $told): array {
        $answers = $ids = [];
        for ($i = 0; $i < 4; $i++) {
            $ids[] = go(static function () use ($shop, $told, &$answers) {
                $answers[] = $told(static fn () => (int) $shop->query('SELECT 6')->fetch_column());
                usleep(1_000);
            });
        }
        Coroutine::join($ids);
        return $answers;
    };
    check('the server is there', $answers(), ['6', '6', '6', '6']);
    $database->kill();
    $gone = $answers();
    check('it is killed', array_filter($gone, static fn (string $answer) => ! str_starts_with($answer, 'mysqli_sql_exception: ')), []);
    $database->start();
    check('it is there again', $answers(), ['6', '6', '6', '6']);
});
?>
--EXPECT--
ok: an object that is not connected
ok: set up in every connection
ok: properties of a class of one's own are the object's
ok: isset() and var_dump()
ok: a property that can't be written
ok: wrong SQL
ok: no such server
ok: the same without exceptions
ok: a second attempt
ok: wrong SQL without exceptions
ok: none is free
ok: asynchronous queries and poll()
ok: the server is there
ok: it is killed
ok: it is there again
