// The part of node:assert/strict that interop.mjs uses.

function fail(message, found, expected) {
    const values = `found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
    throw new Error(message ? `${message}: ${values}` : values);
}

/** Compares data of JSON, dates, and objects whose members are in another order. */
function isEqual(found, expected) {
    if (Object.is(found, expected)) {
        return true;
    }
    if (typeof found !== 'object' || typeof expected !== 'object' || !found || !expected) {
        return false;
    }
    if (found instanceof Date && expected instanceof Date) {
        return found.getTime() === expected.getTime();
    }
    const keys = Object.keys(found);
    return (
        Array.isArray(found) === Array.isArray(expected) &&
        keys.length === Object.keys(expected).length &&
        keys.every((key) => Object.hasOwn(expected, key) && isEqual(found[key], expected[key]))
    );
}

export default {
    ok(value, message) {
        return value || fail(message, value, true);
    },
    equal(found, expected, message) {
        return Object.is(found, expected) || fail(message, found, expected);
    },
    deepEqual(found, expected, message) {
        return isEqual(found, expected) || fail(message, found, expected);
    },
    match(found, pattern, message) {
        return pattern.test(found) || fail(message, found, `${pattern}`);
    },
};
