<?php
// $request->header: names in lower case, duplicates, odd values.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    var_dump($request->header);
    $response->end();
}, function (Client $c) {
    $c->request('GET /', ['X-Mixed-Case: Value', 'UPPER: 1', 'with_underscore: 2', 'X-Empty:', 'X-Spaces:    both   ',
        'X-Twice: first', 'X-Twice: second', 'x-tab:	tabbed', 'X-Number: 007', 'Accept: a, b', '123: digits', 'X-Colon: a:b:c',
        'X-Long: ' . str_repeat('x', 300)]);
});
