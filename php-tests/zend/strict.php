<?php
declare(strict_types=1);
use function Highper\Test\coerce;
foreach ([['1', 1.0, true, 'x'], [1, 1, true, 'x'], [1, 1.0, 1, 'x'], [1, 1.0, true, 1], [null, 1.0, true, 'x']] as $args) {
    try { echo json_encode(coerce(...$args)), "\n"; } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
}

