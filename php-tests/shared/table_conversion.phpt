--TEST--
Swoole\Table: what a value's conversion does cannot disturb the row: it throws, waits, or uses the table
--FILE--
<?php
use Swoole\Table;
use function Swoole\Coroutine\run;

$table = new Table(64);
$table->column('a', Table::TYPE_STRING, 32);
$table->column('b', Table::TYPE_STRING, 32);
$table->create();
class Text {
    function __construct(private Closure $of) {}
    function __toString(): string { return ($this->of)(); }
}
try {
    $table->set('k', ['a' => 'half', 'b' => new Text(fn () => throw new Exception('no text'))]);
} catch (Exception $e) {
    echo $e->getMessage(), "\n";
}
var_dump($table->get('k'));
$table->set('k', ['a' => 'outer', 'b' => new Text(function () use ($table) {
    $table->set('k', ['a' => 'inner']);
    return $table->get('k', 'a');
})]);
echo json_encode($table->get('k')), "\n";
run(function () use ($table) {
    $other = 0;
    go(function () use ($table, &$other) {
        $table->set('k', ['b' => new Text(function () { Co::sleep(0.01); return 'later'; })]);
        $other = 1;
    });
    $table->set('k', ['b' => 'now']);
    echo $table->get('k', 'b'), ' ', $other, "\n";
    Co::sleep(0.05);
    echo $table->get('k', 'b'), ' ', $other, "\n";
});
$table->set('k', ['a' => new Text(function () use ($table) { $table->destroy(); return 'gone'; })]);
echo "end\n";
?>
--EXPECT--
no text
bool(false)
{"a":"outer","b":"inner"}
now 0
later 1
end
